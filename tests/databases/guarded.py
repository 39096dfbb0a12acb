"""A database that asks for passwords, and its owner's."""

GUARDED, PASSWORD = "guarded", "owner-of-the-tables"
