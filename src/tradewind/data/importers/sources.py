"""What an importer reads from: a file, what a gzip file packs, or one member of a zip archive.

Packed data is unpacked while it is read, never to the disk, and only so far: an archive that grows beyond all
measure is refused instead of filling the memory.
"""

import codecs
import contextlib
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from tradewind.errors import BadData, TradewindError

HEAD = 4096
FOLDERS = 5
"""So many parts of a path say what a file holds: EURUSD/2019/01/04/05h_ticks.bi5."""

BLOCK = 16 << 20
"""Bytes of text handed over at once: a hundred thousand rows and more, whatever the file's size."""

MOST_TIMES, FREE = 1000, 64 << 20
"""Unpacked data may be so many times its packed size, and so many bytes are never too many."""

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}
_CUT = "Check that the download was complete, then import again."


class Readable(Protocol):
    """A stream of bytes, as far as importers use it."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all that are left if negative."""


class Source(NamedTuple):
    """One readable thing, and how it begins (unpacked)."""

    path: Path
    member: str | None
    name: str
    """The name of what is inside: without .gz, and of a member without its folders."""
    head: bytes
    held: bytes | None = None
    """The content, where it is not on the disk."""

    @property
    def shown(self) -> str:
        """How an error names it."""
        return self.path.name if self.member is None else f"{self.path.name}:{self.member}"

    @property
    def where(self) -> str:
        """Its whole address, folders inside an archive included: of some files the folders say what they hold."""
        return self.path.absolute().as_posix() + (f"/{self.member}" if self.member else "")

    @contextlib.contextmanager
    def open(self) -> Iterator[Readable]:
        """Give the unpacked bytes as a stream."""
        with _understood(self.path), contextlib.ExitStack() as held:
            if self.held is not None:
                yield io.BytesIO(self.held)
            elif self.member is None:
                if self.path.suffix.lower() == ".gz":
                    yield _Bounded(held.enter_context(gzip.open(self.path)), self)
                else:
                    yield held.enter_context(self.path.open("rb"))
            else:
                archive = held.enter_context(zipfile.ZipFile(self.path))
                yield _Bounded(held.enter_context(archive.open(self.member)), self)

    def content(self) -> bytes:
        """Return all the unpacked bytes."""
        with self.open() as stream:
            return stream.read()

    def lines(self, size: int = BLOCK) -> Iterator[bytes]:
        """Yield whole lines of UTF-8, about `size` bytes at a time; MetaTrader also writes UTF-16."""
        encoding = next((name for mark, name in _MARKS.items() if self.head.startswith(mark)), None)
        decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        begun = b""
        try:
            with self.open() as stream:
                while block := stream.read(size):
                    text = begun + (block if decoder is None else decoder.decode(block).encode())
                    end = text.rfind(b"\n") + 1
                    begun = text[end:]
                    if end:
                        yield text[:end]
                text = begun if decoder is None else begun + decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise BadData(f"{self.shown} is not text: {error}.", _CUT) from error
        if text.strip():
            yield text


class _Bounded:
    """A stream that refuses to give unbelievably more than its packed size."""

    def __init__(self, stream: Readable, source: Source) -> None:
        self._stream = stream
        self._source = source
        self._left = max(FREE, MOST_TIMES * source.path.stat().st_size)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""
        block = self._stream.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(block)
        if self._left < 0:
            raise BadData(f"{self._source.shown} unpacks to more than {MOST_TIMES} times its size.", _CUT)
        return block


@contextlib.contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Turn what is wrong with a file or an archive into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # zipfile raises RuntimeError for an encrypted member and NotImplementedError for odd compression.
        raise BadData(f"{path} cannot be unpacked: {error}.", _CUT) from error
    except OSError as error:
        reason = error.strerror or error
        raise TradewindError(f"{path} cannot be read: {reason}.", "Check its path and its permissions.") from error


def in_memory(name: str, content: bytes) -> Source:
    """Return content that lies on no disk under the name of a file."""
    return Source(Path(name), None, Path(name).name, content[:HEAD], content)


def sources(path: Path) -> list[Source]:
    """Return what a file holds: itself, or the members of a zip archive."""
    if path.suffix.lower() != ".zip":
        name = path.stem if path.suffix.lower() == ".gz" else path.name
        return [_begun(Source(path, None, name, b""))]
    with _understood(path), zipfile.ZipFile(path) as archive:
        members = [member for member in archive.namelist() if _is_data(member)]
    if not members:
        raise BadData(f"{path} holds no files.", _CUT)
    return [_begun(Source(path, member, PurePosixPath(member).name, b"")) for member in sorted(members)]


def _is_data(member: str) -> bool:
    parts = PurePosixPath(member).parts
    return not member.endswith("/") and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _begun(source: Source) -> Source:
    with source.open() as stream:
        return source._replace(head=stream.read(HEAD))


def called(path: Path) -> str:
    """Return by which name a file is remembered: with its folders where they say what it holds."""
    telling = path.suffix.lower() == ".bi5"
    return "/".join(path.absolute().parts[-FOLDERS:] if telling else [path.name])


def digest(paths: list[Path]) -> str:
    """Return the SHA-256 of files, one after the other."""
    total = hashlib.sha256()
    for path in paths:
        with _understood(path), path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()
