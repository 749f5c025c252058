"""The nine brands of the SOP's annex: what each has otherwise than `brands.Brand`, a module a brand, loaded when asked for."""
