"""What the shipped strategies share: compiled pieces of rules, each with its record."""
