"""star (docs/brands.md)."""

CHANGES: "dict[str, object]" = {
    "cells": 8,
    "counter_cells": 0,
    "dashes": False,
    "scan_ms": 20,
    "debounce": 2,
    "digit_timeout_s": 10,
    "code_ms": 250,
    "token_ms": 700,
    "krn_text": "%(krn)d",
}
