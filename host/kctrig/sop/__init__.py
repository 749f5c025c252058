"""The utility's procedure (SOP of PLN 123) as functions: what the registers say, what the meter shows, what to do."""
