"""The tree of market tables."""
