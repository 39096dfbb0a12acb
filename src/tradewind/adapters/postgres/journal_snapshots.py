"""States to begin a recovery from, beside the journal in PostgreSQL: the last three, and all of them may be lost."""

from collections.abc import Iterator

import psycopg

from tradewind.adapters.journal.heads import Head
from tradewind.adapters.journal.snapshots import KEPT, Snapshot, packed, unpacked
from tradewind.adapters.postgres.journal_blocks import PostgresBlocks
from tradewind.adapters.postgres.session import is_lost

REPLACED = "DELETE FROM trading.journal_snapshots WHERE account = %s AND commit_number = %s"
KEEP = "INSERT INTO trading.journal_snapshots VALUES (%s, %s, %s, %s, %s)"
FORGET = """DELETE FROM trading.journal_snapshots WHERE account = %s AND commit_number <=
(SELECT commit_number FROM trading.journal_snapshots WHERE account = %s
ORDER BY commit_number DESC OFFSET %s LIMIT 1)"""
COMMITS = "SELECT commit_number FROM trading.journal_snapshots WHERE account = %s ORDER BY commit_number DESC"
BODY = "SELECT body FROM trading.journal_snapshots WHERE account = %s AND commit_number = %s"


def keep(blocks: PostgresBlocks, head: Head, payload: bytes) -> None:
    """The snapshot is durable, and at most three are left."""
    values = (blocks.account, head.commit, head.seq, head.chain, packed(head, payload))
    while True:
        try:
            with blocks.session.transaction() as cursor:
                cursor.execute(REPLACED, values[:2])
                cursor.execute(KEEP, values)
                cursor.execute(FORGET, (blocks.account, blocks.account, KEPT))
        except psycopg.Error as error:
            if not is_lost(error):
                raise
            blocks.session.come_back(error)
        else:
            return


def fitting(blocks: PostgresBlocks) -> Iterator[Snapshot]:
    """Yield the snapshots that are whole and belong to this journal, newest first."""
    for (commit,) in blocks.session.ask(COMMITS, (blocks.account,)):
        rows = blocks.session.ask(BODY, (blocks.account, commit))
        snapshot = unpacked(rows[0][0]) if rows else None
        if snapshot is None:
            continue
        block = blocks.block_at(snapshot.head.seq)
        if block is not None and block.chain == snapshot.head.chain:
            yield snapshot
