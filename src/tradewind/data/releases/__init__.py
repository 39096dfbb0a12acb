"""Bringing somebody's calendar of releases into ours: CSV, JSON or iCalendar, row by row checked, all or nothing.

A release that is not stored yet is its first version. One that is stored and now says something else is a further
version of the same id, known from now on, so that what a backtest saw before stays as it was. Importing the same file
again adds nothing. Since when a release was known is its column `known_at`, or so many days before it comes
(`known_ahead`), or else the moment of the import: then a backtest of the past does not see it, and the summary says so.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tradewind.data.releases.calendars import read_ics
from tradewind.data.releases.rows import Draft, Row, Stated, drafts
from tradewind.data.releases.tables import read_csv, read_json
from tradewind.errors import BadData, TradewindError
from tradewind.markets.clock import DAY, utc_datetime
from tradewind.markets.news import Event

FORMATS = (".csv", ".txt", ".tsv", ".json", ".ics")
REPEATED_TO_YEAR = 5
"""Rules of repetition are followed so many years ahead."""
NOTHING_STATED = Stated()
_LARGEST = 50_000_000


class Calendar(Protocol):
    """The store of imported releases; `adapters.news.NewsStore` is one."""

    def versions(self) -> list[Event]:
        """Every version stored, in the order of their import."""

    def append(self, events: Sequence[Event], provenance: Mapping[str, Any]) -> Path:
        """The versions are stored, all or none, and where they came from is remembered."""


class ImportedNews(NamedTuple):
    """What became of a file; times are ns UTC."""

    path: Path
    releases: int
    new: int
    changed: int
    passed_over: int
    """Rows that are no releases, such as bank holidays."""
    first: int
    last: int
    unseen: int
    """New releases that were over before they became known: no backtest sees them."""
    sha256: str

    @property
    def nothing_new(self) -> bool:
        """Whether everything was stored already."""
        return not self.new and not self.changed


def import_news(
    path: Path | str, store: Calendar, now: int, *, stated: Stated = NOTHING_STATED, known_ahead: float | None = None
) -> ImportedNews:
    """Store what a file says of releases, as known from `now` (ns UTC) on where it does not say since when.

    `known_ahead` are the days by which a release is known before it comes. Raise TradewindError for the first row that
    cannot be understood; then nothing is stored.
    """
    file = Path(path)
    text, sha256 = _text(file)
    found, passed_over = drafts(_rows(file, text, stated, now), stated, file.name)
    events = [draft.event for draft in found]
    stored = store.versions()
    added = _added(found, stored, now, known_ahead)
    if added:
        store.append(added, {"file": file.name, "sha256": sha256, "imported": now, "clock": stated.clock})
    before = {event.id for event in stored}
    fresh = {event.id for event in added} - before
    return ImportedNews(
        file, len(events), len(fresh), len({event.id for event in added} - fresh), passed_over, events[0].ts,
        events[-1].ts, sum(event.known_at > event.ts for event in added), sha256,
    )  # fmt: skip


def _text(path: Path) -> tuple[str, str]:
    """Return what is written in a file, and the hash of its bytes."""
    if path.suffix.lower() not in FORMATS:
        raise BadData(f"{path} is no calendar file.", f"Known: {', '.join(FORMATS)}.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TradewindError(f"{path} cannot be read: {error.strerror}.", "Check its path and permissions.") from error
    if len(raw) > _LARGEST:
        raise BadData(f"{path} has {len(raw):,} bytes.", f"A calendar has {_LARGEST:,} at most.")
    for encoding in ("utf-16",) if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), hashlib.sha256(raw).hexdigest()
        except UnicodeDecodeError:
            continue
    raise BadData(f"{path} is not text.", "Export it again, as UTF-8.")


def _rows(path: Path, text: str, stated: Stated, now: int) -> list[Row]:
    if not text.strip():
        raise BadData(f"{path} is empty.", "Check that the download or export was complete.")
    given = frozenset(name for name in ("currency", "impact") if getattr(stated, name) is not None)
    if path.suffix.lower() == ".ics":
        return read_ics(text, path.name, datetime(utc_datetime(now).year + REPEATED_TO_YEAR, 12, 31, tzinfo=UTC))
    if path.suffix.lower() == ".json":
        return read_json(text, path.name, stated=given)
    try:
        return read_csv(text, path.name, stated=given)
    except csv.Error as error:
        raise BadData(f"{path.name} is not a table: {error}.", "Check its quotes and line ends.") from None


def _added(found: Sequence[Draft], stored: Sequence[Event], now: int, known_ahead: float | None) -> list[Event]:
    """Return the versions that are not stored, each with the moment from which it is known."""
    latest: dict[str, Event] = {}
    for event in sorted(stored, key=lambda one: one.known_at):
        latest[event.id] = event
    have = {_content(event, event.known_at) for event in stored}
    added = []
    for draft in found:
        event, old = draft.event, latest.get(draft.event.id)
        if draft.dated:
            if _content(event, event.known_at) in have:
                continue
        else:
            if old is not None and _content(event, 0) == _content(old, 0):
                continue
            event = event._replace(known_at=_since(event, old, now, known_ahead))
        added.append(event)
        have.add(_content(event, event.known_at))
        if old is None or event.known_at >= old.known_at:
            latest[event.id] = event
    return added


def _since(event: Event, old: Event | None, now: int, known_ahead: float | None) -> int:
    """Return from when on a version is known that does not say it."""
    if known_ahead is None:
        return now
    ahead = event.ts - round(known_ahead * DAY)
    if old is None:
        return ahead
    # Moved before it came: known now. Corrected after it came: it had been known, and not before what it corrects.
    coming = max(event.ts, old.ts) > now
    return now if coming else max(ahead, old.known_at)


def _content(event: Event, known_at: int) -> tuple[object, ...]:
    """Return all that tells two versions apart but where they came from."""
    return event._replace(known_at=known_at, source="")
