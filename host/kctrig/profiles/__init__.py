"""What we know of each meter brand, as TOML data validated at load."""
