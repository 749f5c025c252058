"""What a store says of its meters, for people and for machines: one record, and one projection of it per file."""
