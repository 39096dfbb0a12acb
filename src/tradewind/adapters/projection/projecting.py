"""Commits of a journal become rows, in the caller's transaction: all of a commit or nothing of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from tradewind.adapters.projection.plain import document, moment, text
from tradewind.adapters.projection.store import Store
from tradewind.adapters.projection.taking import Content, take
from tradewind.adapters.uuid7 import uuid7
from tradewind.errors import TradewindError


class MissingCommits(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Commits were left out: what follows is not taken before they are there."""


def project(connection: Any, account: str, commit_number: int, content: Content) -> int:
    """The tables include a commit of the account's journal; return how many rows were written, 0 if it was there.

    `connection` is psycopg's or sqlite3's; nothing is committed. `content` is the whole commit in the order of the
    journal. Raises MissingCommits where the commit before is not in the tables.
    """
    return project_all(connection, account, [(commit_number, content)])


def project_all(connection: Any, account: str, commits: Iterable[tuple[int, Content]]) -> int:
    """The same for commits in order, which is quicker than one by one."""
    store = Store(connection)
    watermark = store.watermark(account)
    picture = store.picture(account, watermark)
    before = picture.commit
    for number, content in commits:
        if number <= picture.commit:
            continue
        if number != picture.commit + 1:
            raise MissingCommits(
                f"Commit {number} of the journal of {account} came, and {picture.commit + 1} is next.",
                "Publish the journal again from there.",
            )
        take(picture, number, content)
    return store.write(picture) if picture.commit > before else 0


def projected(connection: Any, account: str) -> int:
    """Return the last commit of an account that is in the tables, 0 if none is."""
    return Store(connection).commit_of(account)


def wipe(connection: Any, account: str) -> None:
    """Nothing of the account's journal is left in the tables; project it again from its first commit."""
    Store(connection).forget(account)


def beat(connection: Any, source: str, status: Mapping[str, Any], ns: int) -> None:
    """The latest sign of life of `source` is the heartbeat `status`, unless one later than `ns` is there."""
    Store(connection).beat(
        {
            "id": str(uuid7(f"heartbeat {source}", 0)),
            "source": text(source),
            "account": text(status["account"]) if "account" in status else None,
            "pid": _whole(status.get("pid")),
            "mode": text(status.get("mode", "")),
            "ready": status.get("ready") is True,
            "kill_level": min(_whole(status.get("kill")), 4),
            "beat": document(status),
            "beat_at": moment(ns),
            "beat_ns": ns,
        }
    )


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 2**63 else 0
