"""Several rigs side by side: which meter stands in which, and whose turn it is."""
