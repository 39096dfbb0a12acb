"""What the numbers of an account's journal stand for, from the documents of its starts; no strategy is executed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tradewind import money
from tradewind.markets.loading import load_profile
from tradewind.results.facts import InstrumentFacts, RunFacts, StrategyFacts
from tradewind.risk.limits import Limits
from tradewind.views.source import read_source


class Begun(NamedTuple):
    """What an account runs."""

    run: RunFacts
    document: Mapping[str, Any]
    """The newest start, with strategies added since."""
    strategies: Sequence[Mapping[str, Any]]
    """File, digest and changed parameters of each, in the order of the kernel's rows."""
    instruments: Sequence[Any]
    """As the profile declares them."""


def facts_of(notes: Sequence[Any]) -> Begun | None:
    """Return what an account runs by its starts and grafts, oldest first; None where it never started."""
    if not notes:
        return None
    newest = notes[-1]
    document = newest.document["start"] if newest.kind == "graft" else newest.document
    first = notes[0].document
    settings = document["settings"]
    profile = load_profile(document["profile"]["name"])
    currency = str(settings["account"]["currency"])
    instruments = [profile.instrument(symbol) for symbol in document["symbols"]]
    strategies = [_strategy(one) for one in document["strategies"]]
    limits = document.get("limits")
    run = RunFacts(
        kind=str(document.get("mode", "paper")),
        strategies=strategies,
        instruments=[InstrumentFacts.of(one) for one in instruments],
        currency=currency,
        initial=money.minor(settings["account"]["balance"], currency),
        start=int(first.get("ts", 0)),
        end=int(first.get("ts", 0)),
        risk={"limits": limits} if limits else {},
    )
    return Begun(run, document, document["strategies"], instruments)


def _strategy(one: Mapping[str, Any]) -> StrategyFacts:
    path = Path(one["file"])
    told = read_source(path)
    return StrategyFacts(path.stem, tuple(told["gates"]) if told else (), (), told["thesis"] if told else "")


def limits_of(notes: Sequence[Any], digest: int | None) -> Limits | None:
    """Return the limits of that digest among all an account was given; the newest start's where none has it."""
    given: list[Any] = []
    for note in notes:
        if note.kind == "start" and note.document.get("limits"):
            given.append(note.document["limits"])
        elif note.kind == "graft" and note.document["start"].get("limits"):
            given.append(note.document["start"]["limits"])
        elif note.kind == "limits":
            given += [note.document["later"], note.document["now"]]
    found = [Limits.from_tree(one) for one in given]
    return next((one for one in reversed(found) if one.digest == digest), found[-1] if found else None)
