"""fujidharma (docs/brands.md)."""

from metersim.brands import K_CEFG

CHANGES: "dict[str, object]" = {
    "cells": 8,
    "k_mask": K_CEFG,
    "dashes": False,
    "scan_ms": 20,
    "digit_timeout_s": 15,
    "code_ms": 200,
    "token_ms": 600,
    "refused": "GAGAL",
}
