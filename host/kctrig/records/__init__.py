"""What happened, on disk before it happens: the write-ahead journal in SQLite."""
