"""cannet (docs/brands.md)."""

CHANGES: "dict[str, object]" = {}
