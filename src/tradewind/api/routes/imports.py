"""Files of prices come in: streamed to disk under a name we made, then read by a job, never by the API.

What a file may be is decided by its ending and by the importer, which parses bytes and runs nothing.
"""

import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from tradewind.adapters.entrance.scopes import Principal
from tradewind.adapters.job_store import JobStore
from tradewind.api.edge import LARGEST_UPLOAD
from tradewind.api.guards import At, needs, noted, principal_of
from tradewind.api.problems import Problem
from tradewind.api.repeats import HEADER
from tradewind.api.routes.jobs import MOST, told
from tradewind.errors import UnknownName
from tradewind.jobs.commands import Symbol, Timeframe, Word

router = APIRouter(tags=["data"])
ENDINGS = (".csv", ".txt", ".tsv", ".json", ".parquet", ".hst", ".bi5", ".gz", ".zip")
KEPT_NS = 86_400 * 1_000_000_000
"""So long a file lies here after its job has ended."""
Clock = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_/+:-]{0,40}$")]


class Wanted(BaseModel):
    """What the file does not say itself."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    symbol: Symbol | None = None
    clock: Clock | None = None
    side: Annotated[str, StringConstraints(pattern=r"^(bid|ask|mid)$")] | None = None
    feed: Word | None = None
    bar: Timeframe | None = None

    def words(self) -> list[str]:
        """Return the options of the command line."""
        given = {"as": self.symbol, "clock": self.clock, "side": self.side, "feed": self.feed, "bar": self.bar}
        return [f"--{name}={value}" for name, value in given.items() if value is not None]


@router.post("/imports", status_code=202, dependencies=[needs("backtest")])
async def take(
    at: At, me: Annotated[Principal, Depends(principal_of)], request: Request, wanted: Annotated[Wanted, Query()]
) -> dict[str, Any]:
    """The file is here and waits to be read; the answer names the job. The body is the file itself, no form."""
    key = request.headers.get(HEADER, "")
    if not 8 <= len(key) <= 200:
        raise Problem(400, "What acts needs a key of its own.", f"Send {HEADER}: 8 to 200 letters, new for each file.")
    job = hashlib.sha256(f"{me.name} {key}".encode()).hexdigest()[:16]
    store, root = JobStore(at.data), at.data / "imports"
    with suppress(UnknownName):
        return told(store.get(job))
    _tidied(store, root, at.now())
    path = root / job / cleaned(wanted.name)
    try:
        size = await _stored(request.stream(), path)
        command = ["data", "import", *wanted.words(), "--json", "--", str(path.resolve())]
        found = store.add((job, "import", wanted.model_dump(exclude_none=True), command, me.name), at.now(), MOST)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    noted(at, me, "import", "done", job=job, name=path.name, bytes=size)
    return told(found)


def cleaned(name: str) -> str:
    """Return the name a file is kept under: its last part, harmless letters, an ending we know."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", re.split(r"[/\\]", name)[-1]).lstrip("._-")[-100:]
    if not plain.lower().endswith(ENDINGS) or plain.lower() in ENDINGS:
        raise Problem(415, f"{name[:60]!r} is no kind of file that is read.", f"Send one of {', '.join(ENDINGS)}.")
    return plain


async def _stored(stream: AsyncIterator[bytes], path: Path) -> int:
    """The body stands in the file; return its bytes."""
    path.parent.mkdir(parents=True, mode=0o700)
    size = 0
    with path.open("xb") as file:
        async for part in stream:
            size += len(part)
            if size > LARGEST_UPLOAD:
                raise Problem(413, f"At most {LARGEST_UPLOAD:,} bytes are taken.", "Cut the file.")
            file.write(part)
        os.fchmod(file.fileno(), 0o600)
    if size == 0:
        raise Problem(422, "The file is empty.", "Send it as the body of the request.")
    return size


def _tidied(store: JobStore, root: Path, now: int) -> None:
    """Files whose jobs ended long ago are gone."""
    for folder in root.glob("*"):
        with suppress(UnknownName, OSError):
            job = store.get(folder.name)
            if job.ended_ns and now - job.ended_ns > KEPT_NS:
                shutil.rmtree(folder)
