"""Alembic begins here."""

from tradewind.databases.environment import run

run("trading")
