"""The entry procedure as a pure machine, its runner and its verdicts."""
