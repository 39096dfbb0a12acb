"""Journals on a server to try things on, with the rows of the other journal's cases."""

from journal_cases import DTYPES
from postgres_servers import execute

from tradewind.adapters.postgres.journal import PostgresJournal


def opened(address, folder, **options):
    """Return the journal of the account that a folder is named after; its clock stands still."""
    return PostgresJournal.open(address, folder, DTYPES, **{"clock": lambda: 1_000, **options})


def expire(address, account):
    """The lease ran out, as if its holder had been stopped or cut off for so long."""
    past = "UPDATE trading.leases SET expires = clock_timestamp() - interval '1 s' WHERE account = %(account)s"
    execute(address, past, account=account)
