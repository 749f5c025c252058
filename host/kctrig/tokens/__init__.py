"""Tokens on the host's side: keys from public test vending keys, issuing for emulated meters, explaining for people."""
