"""Blocks of a journal in PostgreSQL: one statement stores a commit, whole or not at all, each block once for ever."""

from collections.abc import Iterator, Sequence
from typing import Any

from tradewind.adapters.journal.chain import Block
from tradewind.adapters.postgres.session import Session, columns

CHUNK = 256
FENCED = ("TWJ01", "TWJ02", "TWJ03", "23505")
"""Another lease, a newer epoch, not the next block, the block is there: somebody else writes."""
NAMES = "seq, commit_number, remaining, epoch, ts_ns, log, before, start, rows, crc, chain, payload"
TYPES = ("bigint",) * 5 + ("text",) + ("bigint",) * 4 + ("bytea",) * 2
SELECT = f"SELECT {NAMES} FROM trading.journal_blocks WHERE account = %s"  # noqa: S608 - our own names
INSERT = (
    f"INSERT INTO trading.journal_blocks (account, {NAMES}) SELECT %s, * FROM unnest("  # noqa: S608 - our own names
    + ", ".join(f"%s::{kind}[]" for kind in TYPES)
    + ") AS new"
)
"""In the order of the arrays, which the trigger depends on."""
NEWEST = """SELECT seq, epoch, (SELECT epoch FROM trading.leases WHERE account = %s)
FROM trading.journal_blocks WHERE account = %s ORDER BY seq DESC LIMIT 1"""


class PostgresBlocks:
    """The blocks of one account."""

    def __init__(self, session: Session, account: str) -> None:
        """They are read and written over this connection."""
        self.session = session
        self.account = account

    def block_at(self, seq: int) -> Block | None:
        """Return one block, or None."""
        rows = self.session.ask(f"{SELECT} AND seq = %s", (self.account, seq))
        return Block._make(rows[0]) if rows else None

    def blocks_between(self, after: int, until: int, most: int) -> list[Block]:
        """Return the first blocks after `after` up to `until`, as they are stored."""
        query = f"{SELECT} AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s"
        return list(map(Block._make, self.session.ask(query, (self.account, after, until, most))))

    def blocks_after(self, seq: int) -> Iterator[Block]:
        """Yield the blocks after `seq`; what is committed meanwhile comes too."""
        while blocks := self.blocks_between(seq, (1 << 63) - 1, CHUNK):
            yield from blocks
            seq = blocks[-1].seq

    def newest(self) -> tuple[int, int, int | None]:
        """Return the seq and the epoch of the last block, zeros where there is none, and the epoch of the lease."""
        rows = self.session.ask(NEWEST, (self.account, self.account))
        if rows:
            return rows[0][0], rows[0][1], rows[0][2]
        leases = self.session.ask("SELECT epoch FROM trading.leases WHERE account = %s", (self.account,))
        return 0, 0, leases[0][0] if leases else None

    def insert(self, blocks: Sequence[Block]) -> None:
        """The blocks are durable, sent once; errors are those of psycopg."""
        self.session.once(INSERT, (self.account, *columns(blocks, len(TYPES))))

    def layouts(self) -> dict[str, str]:
        """Return the layouts that are stored, by log."""
        query = "SELECT log, layout FROM trading.journal_layouts WHERE account = %s ORDER BY log"
        return dict(self.session.ask(query, (self.account,)))

    def add_layouts(self, layouts: dict[str, str]) -> None:
        """These layouts are known to the journal."""
        for log, layout in layouts.items():
            values: tuple[Any, ...] = (self.account, log, layout)
            self.session.ask("INSERT INTO trading.journal_layouts VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", values)
