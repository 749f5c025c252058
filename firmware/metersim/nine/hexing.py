"""hexing (docs/brands.md)."""

from rigwire.glass import DOT_MATRIX

CHANGES: "dict[str, object]" = {
    "glass": DOT_MATRIX,
    "cells": 16,
    "krn_text": "KRN %(krn)02d KT %(kt)02d",
    "refused": "GAGAL",
    "locked": "LOCK %04d",
}
