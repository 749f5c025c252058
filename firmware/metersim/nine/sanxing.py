"""sanxing (docs/brands.md)."""

from metersim.brands import K_ACEFG

CHANGES: "dict[str, object]" = {
    "k_mask": K_ACEFG,
    "scan_ms": 8,
    "debounce": 4,
    "half": "PLS %s",
    "refused": "rEJEct-%d",
    "locked": "rEJEct|%04d",
    "locked_ms": 8000,
}
