"""The tests of a certificate, for subjects that are tried in fresh processes and for compiled strategies.

Each changes the future and looks at the past. A test stops at the first decision that changed; then it is found out
through what the strategy saw it (the tape, or a file it reads) and how far ahead: the future is moved on, by halves,
until the decision stays as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradewind.research.causality.compare import Change, at, change_of_columns, change_of_decisions
from tradewind.research.causality.fresh import Fresh
from tradewind.research.causality.moments import rows_to_try
from tradewind.research.causality.poison import KINDS
from tradewind.research.causality.session import Function, Outcome, Stream, Trial
from tradewind.research.causality.streams import Compiled, between

PREFIX, POISON, FLIP = "prefix replay", "future poisoning", "stamp flip"


@dataclass(frozen=True)
class Verdict:
    """What one test found."""

    name: str
    points: int
    broke: Mapping[str, Any] | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing changed."""
        return self.broke is None


class Tried(Protocol):
    """A subject with a first answer to compare others with."""

    moments: Sequence[int]
    reference: Outcome

    def change(self, other: Outcome, moment: int) -> Change | None:
        """Return the first decision up to a moment that is not as it was."""


class InFresh:
    """A subject that is tried in fresh processes."""

    def __init__(self, fresh: Fresh, subject: Function | Stream, points: int, gates: tuple[str, ...] = ()) -> None:
        """Its first answer is there."""
        self.fresh, self.subject, self.gates = fresh, subject, gates
        self.searched = False
        fresh.take(subject)
        self.closes = _closes(subject)
        self.reference = fresh.run(Trial())
        self.moments = _moments(self.closes, points, self.reference.answer)

    def change(self, other: Outcome, moment: int) -> Change | None:
        """Return the first decision up to a moment that is not as it was."""
        if isinstance(self.subject, Function):
            rows = int(np.searchsorted(self.closes, moment, side="right"))
            return change_of_columns(self.reference.answer, other.answer, self.closes, rows)
        first, second = (
            {log: between(rows, -(2**62), moment) for log, rows in one.answer.items()}
            for one in (self.reference, other)
        )
        return change_of_decisions(first, second, self.gates)

    def same_again(self) -> Change | None:
        """Return the first decision that a second run of the same makes otherwise."""
        again = self.fresh.run(Trial())
        if again.error:
            return Change(int(self.closes[0]), "the run", "an answer", again.error)
        return self.change(again, int(self.closes[-1]))

    def prefixes(self) -> Verdict:
        """Every decision by t is the same when the tape, and every file, ends at t."""
        failed: list[tuple[int, str]] = []
        done = 0
        for moment in self.moments:
            outcome = self.fresh.run(Trial(until=moment, files="cut"))
            if outcome.error:
                failed.append((moment, outcome.error))
                continue
            done += 1
            change = self.change(outcome, moment)
            if change is not None:
                return Verdict(PREFIX, len(failed) + done, self._broke(change, moment, "the tape ended there"))
        # Too little to start with is no leak; what ran on less and fails on more, or never runs, needs the future.
        if failed and (done == 0 or failed[-1][0] == self.moments[-1]):
            moment, error = failed[-1]
            change = Change(moment, "the run", "an answer", error)
            return Verdict(PREFIX, len(self.moments), self._broke(change, moment, "the tape ended there"))
        note = f"{len(failed)} of them too short to run" if failed else ""
        return Verdict(PREFIX, len(self.moments), note=note)

    def poisons(self, count: int) -> Verdict:
        """Every decision by t is the same when everything after t is another future."""
        tried = 0
        for number, moment in enumerate(_some(self.moments, count)):
            for place, kind in enumerate(KINDS):
                seed = number * len(KINDS) + place
                outcome = self.fresh.run(Trial(moment=moment, future=kind, files="poison", seed=seed))
                tried += 1
                change = self._changed(outcome, moment)
                if change is not None:
                    return Verdict(POISON, tried, self._broke(change, moment, f"another future came ({kind})"))
        return Verdict(POISON, tried)

    def flips(self, count: int) -> Verdict:
        """Every decision by t is the same when bars of other series that are not finished at t are replaced."""
        higher = isinstance(self.subject, Function) and bool(self.subject.higher)
        if not higher and not any(one["unfinished"] for one in self.reference.read.values()):
            return Verdict(FLIP, 0, note="it is given no other series")
        chosen = _some(self.moments, count)
        for number in range(2 * len(chosen)):
            moment = chosen[number // 2]
            outcome = self.fresh.run(Trial(moment=moment, files="unfinished", seed=number))
            change = self._changed(outcome, moment)
            if change is not None:
                words = (
                    "bars of another series that had begun and not ended were replaced: it joins them by their opens"
                )
                return Verdict(FLIP, number + 1, self._broke(change, moment, words, search=False))
        return Verdict(FLIP, 2 * len(chosen))

    def _changed(self, outcome: Outcome, moment: int) -> Change | None:
        if outcome.error:
            return Change(moment, "the run", "an answer", outcome.error)
        return self.change(outcome, moment)

    def _broke(self, change: Change, moment: int, words: str, *, search: bool = True) -> dict[str, Any]:
        """Return a break as the document has it, with where the future was seen and how far ahead."""
        told: dict[str, Any] = {
            "decision": change.decision, "made_at": at(change.moment), "was": change.was, "became": change.became,
            "by": change.size, "moment": at(moment), "what_changed": words,
        }  # fmt: skip
        search = search and not self.searched and change.decision != "the run"
        through = self._through(change, moment) if search else None
        if through is not None:
            self.searched = True
            told["seen_in"] = "the tape" if through.files == "whole" else ", ".join(sorted(self.reference.read))
            last = self._farthest(change, replace(through, moment=moment))
            told["future_row"], told["ahead"] = at(int(self.closes[last])), self._ahead(change, last)
        return told

    def _ahead(self, change: Change, last: int) -> int:
        """Return how many bars after the decision that bar closes."""
        return last - int(np.searchsorted(self.closes, change.moment, side="right")) + 1

    def _through(self, change: Change, moment: int) -> Trial | None:
        """Return a trial in which only the tape or only the files have another future, and the decision changes."""
        options = [Trial(moment=moment, future=kind) for kind in KINDS[:2]]
        if self.reference.read:
            options += [Trial(moment=moment, files="poison"), Trial(moment=moment, files="poison", seed=1)]
            options.append(Trial(moment=moment, files="cut"))
        return next((one for one in options if self._moves(change, one)), None)

    def _moves(self, change: Change, trial: Trial) -> bool:
        """Return whether decisions made by then are others in a trial."""
        outcome = self.fresh.run(trial)
        return not outcome.error and self.change(outcome, change.moment) is not None

    def _farthest(self, change: Change, trial: Trial) -> int:
        """Return the last row that matters: a future that differs only after it leaves the decision alone."""
        low = int(np.searchsorted(self.closes, trial.moment, side="right")) - 1
        high = len(self.closes) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._moves(change, replace(trial, moment=int(self.closes[middle]))):
                low = middle
            else:
                high = middle
        return min(low + 1, len(self.closes) - 1)


class InSnapshots:
    """A compiled strategy: one pass, and replays from snapshots."""

    def __init__(self, compiled: Compiled, points: int) -> None:
        """Its first answer is there."""
        self.compiled = compiled
        self.gates = compiled.strategy.gate_names
        events = compiled.events
        self.closes = _closes_of(events)
        self.answer = compiled.whole(events)
        self.moments = _moments(self.closes, points, self.answer)

    def same_again(self) -> Change | None:
        """Return the first decision that a second run of the same makes otherwise."""
        return change_of_decisions(self.answer, self.compiled.whole(self.compiled.events), self.gates)

    def verdicts(self) -> list[Verdict]:
        """Return what prefix replay and poisoning found, in one pass for both."""
        found = {PREFIX: Verdict(PREFIX, 0), POISON: Verdict(POISON, 0)}
        for one in self.compiled.replays(self.moments, [None, *KINDS]):
            name = PREFIX if one.kind is None else POISON
            if not found[name].passed:
                continue
            made = {log: between(rows, one.since, one.moment) for log, rows in self.answer.items()}
            change = change_of_decisions(made, one.decisions, self.gates)
            broke = None
            if change is not None:
                words = "the tape ended there" if one.kind is None else f"another future came ({one.kind})"
                broke = {
                    "decision": change.decision, "made_at": at(change.moment), "was": change.was,
                    "became": change.became, "by": change.size, "moment": at(one.moment), "what_changed": words,
                }  # fmt: skip
            found[name] = Verdict(name, found[name].points + 1, broke)
        return [*found.values(), Verdict(FLIP, 0, note="it is given no other series")]


def _moments(closes: NDArray[np.int64], points: int, answer: Mapping[str, Any]) -> list[int]:
    """Return the moments to try: half of them when the strategy decided something, as far as it did."""
    logs = [answer[log]["ts"] for log in ("commands", "gates") if log in answer and answer[log].dtype.names]
    decided = np.unique(np.concatenate(logs)) if logs else np.zeros(0, np.int64)
    decided = decided[(decided >= closes[0]) & (decided < closes[-1])]
    chosen = set(_some(decided.tolist(), points // 2)) if len(decided) else set()
    chosen.update(int(closes[row]) for row in rows_to_try(closes, max(2, points - len(chosen))))
    return sorted(chosen)


def _closes(subject: Function | Stream) -> NDArray[np.int64]:
    if isinstance(subject, Function):
        return subject.bars.closes
    from tradewind.kernel.records import EVENT  # noqa: PLC0415  bytes are looked at here alone

    return _closes_of(np.frombuffer(subject.events, EVENT))


def _closes_of(events: np.ndarray[Any, Any]) -> NDArray[np.int64]:
    """Return when the prices of a tape are known."""
    from tradewind.kernel.records import BAR  # noqa: PLC0415  bytes are looked at here alone

    times: NDArray[np.int64] = np.unique(events["ts"][events["kind"] <= BAR])
    return times


def _some(moments: Sequence[int], count: int) -> list[int]:
    """Return `count` of the moments, spread evenly."""
    places = np.unique(np.linspace(0, len(moments) - 1, min(count, len(moments))).astype(int))
    return [moments[place] for place in places.tolist()]
