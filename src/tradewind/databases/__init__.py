"""The tables of the databases, and the way from every version of them to the next and back.

Two trees of migrations: `trading` (schemas trading, analytics, monitoring) and `market` (quotes and bars). Each is a
folder of Alembic versions; what a version does to the tables is SQL, because that is what an operator will read.
"""
