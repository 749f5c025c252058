"""The emulated meter: STS decoder, registers, key scanner, glass, brands, faults."""
