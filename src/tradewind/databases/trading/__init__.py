"""The tree of trading tables."""
