"""Emulated rigs and meters as processes on ptys, opened by `sim:` URLs."""
