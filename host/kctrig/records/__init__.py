"""What happened, on disk before it happens: a hash-chained, append-only journal in SQLite."""
