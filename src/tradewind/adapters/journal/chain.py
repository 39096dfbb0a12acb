"""Two hashes of a journal: one that finds damage, one that compares contents.

Every block is hashed together with the hash of the block before it, header and payload alike. So whatever is changed,
taken out, added or put in another order anywhere shows in every hash after it.

How many blocks there are, when they were made and which logs lie between them depends on how often somebody committed.
Contents are therefore compared by another hash: that of the bytes of each log alone, one after the other. It is taken
in grains of fixed length, so that it can be continued from a short remainder however the bytes arrived.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tradewind.ports import Journal

GENESIS = bytes(32)
"""What stands for the hash of the block before the first."""
GRAIN = 16_384
HEADER = struct.Struct("<10q")


class Block(NamedTuple):
    """A piece of one log, as it is stored; the fields are the columns."""

    seq: int
    """From 1, without a gap."""
    commit_number: int
    """From 1, without a gap. The blocks of one commit are durable together."""
    remaining: int
    """How many blocks of this commit follow."""
    epoch: int
    """Of the leader that wrote it; never falls."""
    ts: int
    """When it was committed, ns UTC by our clock. Explains; never orders."""
    log: str
    before: int
    """The seq of the block before it in the same log, 0 for the first."""
    start: int
    """How many rows of its log stand before it."""
    rows: int
    crc: int
    """CRC-32 of everything but the chain."""
    chain: bytes
    payload: bytes


def header_of(block: Block) -> bytes:
    """Return the numbers and the name of a block as bytes; raises struct.error where they are none."""
    log = block.log.encode()
    sizes = (len(log), len(block.payload))
    return HEADER.pack(*block[:5], block.before, block.start, block.rows, *sizes) + log


def crc_of(block: Block) -> int:
    """Return the CRC-32 of a block."""
    return zlib.crc32(block.payload, zlib.crc32(header_of(block)))


def chain_of(before: bytes, block: Block) -> bytes:
    """Return the hash of a block and of everything before it."""
    return hashlib.blake2b(b"".join((before, header_of(block), block.payload)), digest_size=32).digest()


def sealed(before: bytes, block: Block) -> Block:
    """Return the block with its checksums."""
    header = header_of(block)
    chain = hashlib.blake2b(b"".join((before, header, block.payload)), digest_size=32).digest()
    return block._replace(crc=zlib.crc32(block.payload, zlib.crc32(header)), chain=chain)


def is_whole(block: Block) -> bool:
    """Whether a block agrees with its own checksum; what cannot even be packed does not."""
    try:
        return crc_of(block) == block.crc and isinstance(block.chain, bytes)
    except (struct.error, AttributeError, TypeError, ValueError):
        return False


class Stream:
    """The hash of a log's bytes so far."""

    def __init__(self, grain: bytes = GENESIS, rest: bytes = b"", length: int = 0) -> None:
        """It continues after `length` bytes, the last of which are `rest`."""
        self.grain = grain
        self.rest = bytearray(rest)
        self.length = length

    def update(self, raw: bytes) -> None:
        """The bytes stand at the end."""
        self.length += len(raw)
        self.rest += raw
        done = 0
        while len(self.rest) - done >= GRAIN:
            piece = bytes(self.rest[done : done + GRAIN])
            self.grain = hashlib.blake2b(self.grain + piece, digest_size=32).digest()
            done += GRAIN
        if done:
            del self.rest[:done]

    def digest(self) -> bytes:
        """The hash of all bytes, the same however they arrived."""
        return hashlib.blake2b(self.grain + self.rest + self.length.to_bytes(8, "little"), digest_size=32).digest()


def joined_digest(streams: Mapping[str, Stream]) -> str:
    """Return one hash of the contents of several logs; empty ones count as absent."""
    parts = (name.encode() + b"\0" + streams[name].digest() for name in sorted(streams) if streams[name].length)
    return hashlib.blake2b(b"".join(parts), digest_size=32).hexdigest()


def content_digest(journal: Journal, logs: Iterable[str]) -> str:
    """Return what `SqliteJournal.digest` is for the same rows, of any journal."""
    streams = {name: Stream() for name in logs}
    for name, stream in streams.items():
        stream.update(journal.read(name).tobytes())
    return joined_digest(streams)
