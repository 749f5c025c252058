"""melcoinda (docs/brands.md)."""

from rigwire.glass import FOURTEEN_SEGMENT

CHANGES: "dict[str, object]" = {
    "glass": FOURTEEN_SEGMENT,
    "scan_ms": 12,
    "token_ms": 500,
    "locked": "LOCK %04d",
}
