"""Its versions, oldest first."""
