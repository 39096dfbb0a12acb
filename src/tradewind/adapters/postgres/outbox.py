"""The journal is its own outbox: its blocks are handed on in order, at least once, and how far is remembered.

Nothing is written twice for it. A block is there when its commit is durable, and a later one never before an earlier
one; so whoever reads behind the published position sees every block exactly in its order. The position moves only
after the receiver has acknowledged, and only from where this reader found it: two readers publish some blocks twice,
and skip none. It is asked for every 50 ms rather than waited for by LISTEN: a NOTIFY would make the commits of all
accounts wait for one another.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from tradewind.adapters.address import Address
from tradewind.adapters.journal.chain import GENESIS, Block, chain_of, is_whole
from tradewind.adapters.journal.faults import BadJournal
from tradewind.adapters.postgres.connection import translated
from tradewind.adapters.postgres.journal_blocks import CHUNK, PostgresBlocks
from tradewind.adapters.postgres.session import Patience, Session
from tradewind.errors import BadData

POLL_S = 0.05
BEGUN = "INSERT INTO trading.outbox VALUES (%s, 0) ON CONFLICT DO NOTHING"
POSITION = "SELECT published_seq FROM trading.outbox WHERE account = %s"
MOVE = "UPDATE trading.outbox SET published_seq = %s WHERE account = %s AND published_seq = %s"
BACK = "UPDATE trading.outbox SET published_seq = %s WHERE account = %s AND published_seq > %s"
LAST = "SELECT coalesce(max(seq), 0) FROM trading.journal_blocks WHERE account = %s"
Publish = Callable[[Sequence[Block]], None]
"""Returns when every block it was given is acknowledged, and raises where that is not known."""


class Outbox:
    """The blocks of one account on their way out."""

    def __init__(self, address: Address, account: str, patience: Patience | None = None) -> None:
        """It goes on where whoever published last was acknowledged."""
        self.account = account
        self._session = Session(address, f"tradewind outbox {account}", patience=patience)
        self._blocks = PostgresBlocks(self._session, account)
        self._chain: tuple[int, bytes] = (0, GENESIS)
        with self._translated():
            self._session.ask(BEGUN, (account,))

    @property
    def published(self) -> int:
        """The seq of the last block that was acknowledged, 0 where none was."""
        with self._translated():
            return int(self._session.ask(POSITION, (self.account,))[0][0])

    @property
    def waiting(self) -> int:
        """How many blocks are still to be published."""
        with self._translated():
            return max(0, int(self._session.ask(LAST, (self.account,))[0][0]) - self.published)

    def step(self, publish: Publish, most: int = CHUNK) -> int:
        """The next blocks were published, at most so many; return how many, 0 where none wait.

        Raises BadJournal, before anything is published, where the blocks are not those that were written.
        """
        start = self.published
        with self._translated():
            blocks = self._blocks.blocks_between(start, start + most, most)
            if not blocks:
                return 0
            chain = self._checked(start, blocks)
        publish(blocks)
        with self._translated():
            self._session.ask(MOVE, (blocks[-1].seq, self.account, start))
        self._chain = (blocks[-1].seq, chain)
        return len(blocks)

    def _checked(self, start: int, blocks: Sequence[Block]) -> bytes:
        """Return the hash of the last block; raise BadJournal where one does not follow the one before it."""
        at, chain = self._chain
        if at != start:
            before = self._blocks.block_at(start) if start else None
            if start and before is None:
                raise BadJournal(f"The journal of {self.account} has no block {start}.", "Restore the newest backup.")
            chain = GENESIS if before is None else before.chain
        for number, block in enumerate(blocks, start + 1):
            if block.seq != number or not is_whole(block) or chain_of(chain, block) != block.chain:
                raise BadJournal(
                    f"Block {number} of the journal of {self.account} is not what was written.",
                    "Nothing from it on is published: check the journal.",
                )
            chain = block.chain
        return chain

    def run(
        self,
        publish: Publish,
        stopped: Callable[[], bool],
        poll_s: float = POLL_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Blocks are published as they come until `stopped` says so; what `publish` raises ends it, losing nothing."""
        while not stopped():
            if not self.step(publish):
                sleep(poll_s)

    def publish_again(self, after: int) -> None:
        """Everything behind block `after` is published once more."""
        published = self.published
        if not 0 <= after <= published:
            raise BadData(f"Block {after} was not published yet, only {published} were.", "Give one before that.")
        with self._translated():
            self._session.ask(BACK, (after, self.account, after))

    def close(self) -> None:
        """The connection is closed."""
        self._session.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(f"The outbox of {self.account} at {self._session.address}"):
            yield
