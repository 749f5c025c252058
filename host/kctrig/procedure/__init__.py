"""The entry procedure as pure machines (events in, actions out), their verdicts, and the runner that drives them."""
