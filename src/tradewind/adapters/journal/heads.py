"""Where a journal stands: the end of every log and of the chain. It grows commit by commit, and only by true ones.

The same few lines extend it when blocks are written and when they are read back, so what is written can be read.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tradewind.adapters.journal.chain import GENESIS, Block, Stream, chain_of, is_whole

NOTES = "notes"
"""The log of the notes, whose rows are JSON."""


class LogEnd(NamedTuple):
    """The end of one log."""

    rows: int = 0
    last: int = 0
    """The seq of its last block, 0 where it has none."""


@dataclass
class Head:
    """The end of a journal: its last commit that is whole, and the blocks of one that is not yet."""

    seq: int = 0
    commit: int = 0
    epoch: int = 0
    chain: bytes = GENESIS
    logs: dict[str, LogEnd] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    _open: list[Block] = field(default_factory=list)
    _ends: dict[str, LogEnd] = field(default_factory=dict)

    def end_of(self, log: str) -> LogEnd:
        """The end of a log, with the commit that is not yet whole."""
        return self._ends.get(log) or self.logs.get(log) or LogEnd()

    @property
    def is_between_commits(self) -> bool:
        """Whether no commit is half there."""
        return not self._open

    def fault_of(self, block: Block, itemsizes: Mapping[str, int]) -> str:
        """Why the block cannot be the next one; empty where it can."""
        last = self._open[-1] if self._open else None
        seq, chain, epoch = (last.seq, last.chain, last.epoch) if last else (self.seq, self.chain, self.epoch)
        if not is_whole(block):
            return f"block {seq + 1} does not agree with its checksum"
        if block.seq != seq + 1:
            return f"block {seq + 1} is missing"
        if chain_of(chain, block) != block.chain:
            return f"block {block.seq} does not follow the one before it"
        remaining = last.remaining - 1 if last else max(block.remaining, 0)
        end = self.end_of(block.log)
        fits = (
            (block.commit_number, block.remaining) == (self.commit + 1, remaining)
            and block.epoch >= epoch
            and (block.before, block.start) == (end.last, end.rows)
            and (block.log == NOTES or len(block.payload) == block.rows * itemsizes.get(block.log, 0))
        )
        return "" if fits else f"block {block.seq} is not in its place"

    def extend(self, block: Block) -> None:
        """The block is the last one."""
        self._open.append(block)
        self._ends[block.log] = LogEnd(block.start + block.rows, block.seq)
        if block.remaining:
            return
        self.seq, self.commit, self.epoch, self.chain = block.seq, block.commit_number, block.epoch, block.chain
        self.logs.update(self._ends)
        for each in self._open:
            if each.log != NOTES:
                self.streams.setdefault(each.log, Stream()).update(each.payload)
        self.drop_unfinished()

    def drop_unfinished(self) -> None:
        """Blocks of a commit that is not whole are forgotten."""
        self._open.clear()
        self._ends.clear()

    def as_document(self) -> dict[str, Any]:
        """The last whole commit as JSON, from which `head_from` makes it again."""
        streams = {
            name: [each.length, each.grain.hex(), base64.b64encode(each.rest).decode()]
            for name, each in sorted(self.streams.items())
        }
        logs = {name: list(end) for name, end in sorted(self.logs.items())}
        chain = self.chain.hex()
        return {"seq": self.seq, "commit": self.commit, "epoch": self.epoch, "chain": chain, "logs": logs,
                "streams": streams}  # fmt: skip


def head_from(document: Mapping[str, Any]) -> Head:
    """Return the head that a document tells of; raises ValueError, KeyError or TypeError where it tells of none."""
    seq, commit, epoch = (int(document[name]) for name in ("seq", "commit", "epoch"))
    head = Head(seq, commit, epoch, bytes.fromhex(document["chain"]))
    head.logs = {name: LogEnd(*map(int, end)) for name, end in document["logs"].items()}
    for name, (length, grain, rest) in document["streams"].items():
        head.streams[name] = Stream(bytes.fromhex(grain), base64.b64decode(rest), length)
    return head


class Fault(NamedTuple):
    """Why a journal cannot be read further."""

    what: str
    vanished: bool
    """Nothing damaged was seen; something is not there."""


def follow(head: Head, blocks: Iterable[Block], itemsizes: Mapping[str, int]) -> Fault | None:
    """`head` is moved over the blocks to their last whole commit; return why no further, None where it is the end."""
    try:
        for block in blocks:
            if what := head.fault_of(block, itemsizes):
                return Fault(what, vanished=False)
            head.extend(block)
        if not head.is_between_commits:
            return Fault(f"the end of commit {head.commit + 1} is missing", vanished=True)
    finally:
        head.drop_unfinished()
    return None
