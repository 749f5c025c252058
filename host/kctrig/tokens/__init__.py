"""Tokens for emulated meters: look into one, issue one under the public test keys."""
