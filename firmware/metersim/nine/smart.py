"""smart (docs/brands.md)."""

from metersim.brands import K_ACEFG

CHANGES: "dict[str, object]" = {
    "k_mask": K_ACEFG,
    "scan_ms": 15,
    "debounce": 2,
    "code_ms": 200,
    "token_ms": 500,
    "krn_text": "KRN %(krn)02d KT %(kt)02d",
    "refused": "GAGAL",
}
