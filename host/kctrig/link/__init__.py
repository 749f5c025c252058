"""Host side of the wire: a pure client core, and the one file that opens ports."""
