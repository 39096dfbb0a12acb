"""What a live or paper account leaves behind of itself, as the twin run needs it.

The journal of a trader has four logs that matter here: `events` with everything (prices as they were applied, the
calendar, timers, operators, and what the broker reported), `commands`, `trades`, and a start document. The document
holds what it takes to build the same strategies on the same account again; `Start` is that document, and `Start.plain`
what is written of it:

    {"strategies": [{"file": "/desk/first.py", "digest": "...", "parameters": {"fast": "10"}}],
     "symbols": ["XAUUSD"], "bar": "M5", "feed": null, "settings": {...}, "risk": "house", "started": 1763...}

`settings` are those of `Settings.model_dump(mode="json")` without the data folder, as in the provenance of a backtest.
Moments are ns UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

import numpy as np

from tradewind.errors import BadData
from tradewind.kernel.records import BAR, COMMAND, DAY, EVENT, FILLED, FINANCING, TRADE
from tradewind.markets.clock import day_close, day_open
from tradewind.ports import Rows

MEANINGFUL = ("symbols", "strategies")


class StartedStrategy(NamedTuple):
    """A strategy of the run: its file, the hash of its text, and the parameters that were changed, as text."""

    file: str
    digest: str = ""
    parameters: Mapping[str, str] = {}


@dataclass(frozen=True)
class Start:
    """The start document of a live or paper run."""

    strategies: Sequence[StartedStrategy]
    symbols: Sequence[str]
    bar: str = "M5"
    feed: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    started: int = 0
    plain: bool = False
    account: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Start":
        """Return the start that a document of the journal tells; a BadData says what it lacks."""
        missing = [name for name in MEANINGFUL if not document.get(name)]
        if missing:
            raise BadData(
                f"The start document of the account has no {missing[0]}.",
                "It was not written by this program; a twin run cannot know what traded.",
            )
        strategies = [
            StartedStrategy(
                str(one["file"]),
                str(one.get("digest", "")),
                {str(name): str(value) for name, value in one.get("parameters", {}).items()},
            )
            for one in document["strategies"]
        ]
        return cls(
            strategies,
            [str(one) for one in document["symbols"]],
            str(document.get("bar", "M5")),
            document.get("feed"),
            dict(document.get("settings", {})),
            int(document.get("started", 0)),
            bool(document.get("plain", False)),
            str(document.get("account", "")),
        )

    def document(self) -> dict[str, Any]:
        """Return the document that `read` reads."""
        return {
            "strategies": [
                {"file": one.file, "digest": one.digest, "parameters": dict(one.parameters)} for one in self.strategies
            ],
            "symbols": list(self.symbols),
            "bar": self.bar,
            "feed": self.feed,
            "settings": dict(self.settings),
            "started": self.started,
            "plain": self.plain,
            "account": self.account,
        }


class Note(Protocol):
    """A document in an account's journal."""

    @property
    def document(self) -> Any:
        """The document, plain data."""


class Account(Protocol):
    """What is asked of an account's journal."""

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of a log from position `start` on."""

    def notes(self, kind: str) -> Sequence[Note]:
        """The documents of a kind, oldest first."""


@dataclass(frozen=True)
class Recording:
    """What was recorded of an account, whole from its start or of one day."""

    events: Rows
    """EVENT, numbered, without a gap: every row that was applied."""
    commands: Rows
    trades: Rows
    start: Start


def recording_of(account: Account) -> Recording:
    """Return all that an account's journal holds since its latest start from flat; nothing of it is changed."""
    notes = account.notes("start")
    if not notes:
        raise BadData("The account has never been started.", "Start it with `tradewind paper` or `tradewind live`.")
    if account.notes("graft"):
        raise BadData(
            "A strategy was added to the account since its first start; a twin run follows those of the start alone.",
            "Run a backtest of the day with `tradewind backtest` instead.",
        )
    read = {
        name: _rows(account.read(name), dtype)
        for name, dtype in (("events", EVENT), ("commands", COMMAND), ("trades", TRADE))
    }
    return checked(Recording(read["events"], read["commands"], read["trades"], Start.read(notes[0].document)))


def _rows(rows: Rows, dtype: Any) -> Rows:
    return rows if len(rows) else np.zeros(0, dtype)


def checked(recording: Recording) -> Recording:
    """Return the recording, or raise BadData where events are missing from it."""
    numbers = recording.events["number"]
    if len(numbers) == 0:
        raise BadData("Nothing was recorded.", "Was the account started, and did prices come?")
    holes = np.flatnonzero(np.diff(numbers) != 1)
    if len(holes):
        place = int(holes[0])
        raise BadData(
            f"The recorded events have a gap after number {int(numbers[place])}: the next is "
            f"{int(numbers[place + 1])}.",
            "A twin run needs every event; was the journal kept with prices?",
        )
    filled = recording.events[recording.events["kind"] == FILLED]
    if len(filled) and not (recording.events["kind"] <= BAR).any():
        raise BadData("The recording has fills but no prices.", "Keep the journal with everything in it.")
    return recording


def day_span(day: date) -> tuple[int, int]:
    """Return when the New York trading day opens and closes (exclusive), ns UTC."""
    return day_open(day), day_close(day)


def places_of(events: Rows, span: tuple[int, int]) -> tuple[int, int]:
    """Return which events, as positions [first, end), belong to the span; of a recording or of a tape.

    An event belongs where its time lies; time stands still while events of an earlier moment come late. The DAY event
    of the next date and what is booked for the night belong to the day that ends.
    """
    first, end = (_cut(events, moment) for moment in span)
    return first, end


def _cut(events: Rows, moment: int) -> int:
    """Return the place of the first event after a day that closes at `moment`: behind the night it is charged for.

    At the close stand, in this order, the bars that end there, what is booked for the night, and the next DAY.
    """
    place = int(np.searchsorted(np.maximum.accumulate(events["ts"]), moment))
    later = slice(place, int(np.searchsorted(np.maximum.accumulate(events["ts"]), moment, "right")))
    ending = np.flatnonzero((events["kind"][later] == DAY) | (events["kind"][later] == FINANCING))
    return place + int(ending[-1]) + 1 if len(ending) else place
