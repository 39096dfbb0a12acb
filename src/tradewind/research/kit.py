"""What all variants of a request share, made once: the first state, the tape, the loaded strategy.

A `Kit` is plain data that can be sent to another process or machine; `Prepared` is a kit unpacked there, with the
strategy compiled and the tape at hand.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.adapters.histories import History
from tradewind.compilation import handler_of
from tradewind.errors import TradewindError
from tradewind.kernel.records import STATE, VENUE
from tradewind.modes import Request, plan_backtest
from tradewind.ports import Rows
from tradewind.results.facts import RunFacts
from tradewind.results.provenance import Provenance
from tradewind.runner import Slot
from tradewind.runs import facts_of, provenance_of
from tradewind.strategy import Strategy, load

DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Kit:
    """A request made ready, as plain data."""

    path: Path
    """Of the strategy file."""
    source: str
    """Its text, for machines that do not have the file."""
    plain: bool
    state: bytes
    venue: bytes
    """Before the first event."""
    instruments: int
    """How many are traded."""
    bar_seconds: int
    facts: RunFacts
    provenance: Provenance
    base: Mapping[str, str]
    """What is set in every variant."""

    @property
    def days(self) -> int:
        """More trading dates than there can be."""
        return 8 + (self.facts.end - self.facts.start) // DAY_NS


@dataclass(frozen=True)
class Prepared:
    """A kit with its strategy loaded and its tape."""

    kit: Kit
    strategy: Strategy
    handler: Any
    """The compiled handlers; None runs them as plain Python."""
    blocks: Sequence[Rows]
    """The whole tape."""

    @property
    def slot(self) -> Slot:
        """The strategy with the parameters that are not varied."""
        return Slot(self.strategy, self.values({}), range(self.kit.instruments), self.kit.bar_seconds)

    @property
    def state(self) -> np.ndarray[Any, Any]:
        """The state before the first event."""
        return np.frombuffer(bytearray(self.kit.state), STATE)

    @property
    def venue(self) -> np.ndarray[Any, Any]:
        """The venue before the first event."""
        return np.frombuffer(bytearray(self.kit.venue), VENUE)

    def values(self, variant: Mapping[str, str]) -> Any:
        """Return the parameters of a variant; raise TradewindError for a name or a value that cannot be."""
        return self.strategy.params({**self.kit.base, **variant})

    def digest(self, values: Any) -> str:
        """Return the content hash of a backtest with these parameters."""
        facts = self.kit.facts
        whole = replace(self.kit.provenance, parameters={facts.strategy_names[0]: values._asdict()})
        return whole.content(facts.kind, facts.strategy_names, facts.symbols, facts.start, facts.end)


def prepare(request: Request, history: History, keep: Callable[[Iterable[Rows]], Sequence[Rows]] = list) -> Prepared:
    """Return what all variants of the request's one strategy share; `keep` says where the tape is kept.

    Raises TradewindError where a backtest of the request would.
    """
    if len(request.choices) != 1:
        raise TradewindError(f"{len(request.choices)} strategies were given.", "Vary the parameters of one.")
    plan = plan_backtest(request, history)
    blocks = keep(plan.feed())
    facts = facts_of(plan)
    slot = plan.runner.slots[0]
    kit = Kit(
        slot.strategy.path,
        slot.strategy.path.read_text(encoding="utf-8"),
        plan.runner.handler is None,
        plan.runner.state.tobytes(),
        plan.runner.venue.tobytes(),
        len(slot.instruments),
        slot.bar_seconds,
        facts,
        provenance_of(plan, facts, history),
        dict(request.choices[0].overrides),
    )
    return Prepared(kit, slot.strategy, plan.runner.handler, blocks)


def unpacked(kit: Kit, blocks: Sequence[Rows]) -> Prepared:
    """Return the kit with its strategy loaded and, unless it is plain Python, compiled."""
    path = kit.path
    if not path.is_file() or path.read_text(encoding="utf-8") != kit.source:
        path = Path(tempfile.mkdtemp(prefix="tradewind-")) / kit.path.name
        path.write_text(kit.source, encoding="utf-8")
    strategy = load(path, compile_handlers=not kit.plain)
    return Prepared(kit, strategy, None if kit.plain else handler_of([strategy]), blocks)
