"""How often a person is told: a bucket of tokens for each kind, equal texts folded, the rest summed into one message.

A flood says less than a sentence. Each kind may send a few texts at once and then so many an hour; a text equal to
one sent a moment ago is only counted. What was held back is not lost: once the kind may send again, one message sums
it up. Pure: it is given the time, and drops nothing without counting it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tradewind.adapters.notices import Kind, Notice, duration

SECOND = 1_000_000_000


class Rate(NamedTuple):
    """How many texts at once, and how many an hour after that."""

    burst: int
    an_hour: float


RATES: Mapping[Kind, Rate] = {
    "fill": Rate(10, 60),
    "refusal": Rate(5, 20),
    "limit": Rate(5, 30),
    "disconnect": Rate(4, 12),
    "reconciliation": Rate(5, 20),
    "kill": Rate(20, 120),
    "summary": Rate(5, 10),
}
PLURALS: Mapping[Kind, str] = {
    "fill": "fills",
    "refusal": "refusals",
    "limit": "limits reached",
    "disconnect": "lost or regained connections",
    "reconciliation": "differences with the broker",
    "kill": "changes of the kill level",
    "summary": "summaries",
}
FOLD_S = 60
_DISTINCT = 50
_SHOWN = 5


class _Held:
    """What a kind could not send, and its tokens."""

    def __init__(self, rate: Rate, now: int) -> None:
        self.rate = rate
        self.tokens = float(rate.burst)
        self.seen = now
        self.sent: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.others = 0
        self.since = 0

    def refill(self, now: int) -> None:
        passed = max(now - self.seen, 0)
        self.seen = max(now, self.seen)
        self.tokens = min(self.tokens + passed * self.rate.an_hour / (3600 * SECOND), float(self.rate.burst))
        self.sent = {text: at for text, at in self.sent.items() if now - at < FOLD_S * SECOND}

    def hold(self, text: str, now: int) -> None:
        if not self.texts and not self.others:
            self.since = now
        if text in self.texts or len(self.texts) < _DISTINCT:
            self.texts[text] = self.texts.get(text, 0) + 1
        else:
            self.others += 1

    @property
    def count(self) -> int:
        return sum(self.texts.values()) + self.others


class Pacing:
    """Which notices go out when; `now` in ns of a clock that only goes on."""

    def __init__(self, rates: Mapping[Kind, Rate] = RATES) -> None:
        self._rates = rates
        self._kinds: dict[Kind, _Held] = {}
        self.suppressed = 0
        """How many notices did not go out as a message of their own."""

    def offer(self, notice: Notice, now: int) -> list[str]:
        """Return the texts to send now: the notice's, or none where it is held back."""
        held = self._kind(notice.kind, now)
        if notice.text in held.sent or held.count or held.tokens < 1:
            held.hold(notice.text, now)
            self.suppressed += 1
            return []
        held.tokens -= 1
        held.sent[notice.text] = now
        return [notice.text]

    def due(self, now: int, *, all_of_it: bool = False) -> list[str]:
        """Return one text for each kind that held something back and may send again; or for all that did."""
        texts = []
        for kind in list(self._kinds):
            held = self._kind(kind, now)
            waited = now - held.since >= FOLD_S * SECOND
            if held.count and (all_of_it or (waited and held.tokens >= 1)):
                texts.append(_summed(kind, held, now))
                held.tokens = max(held.tokens - 1, 0.0)
                held.sent.update(dict.fromkeys(held.texts, now))
                held.texts, held.others = {}, 0
        return texts

    @property
    def waiting(self) -> int:
        """How many notices are held back now."""
        return sum(held.count for held in self._kinds.values())

    def _kind(self, kind: Kind, now: int) -> _Held:
        held = self._kinds.get(kind)
        if held is None:
            held = self._kinds[kind] = _Held(self._rates[kind], now)
        held.refill(now)
        return held


def _summed(kind: Kind, held: _Held, now: int) -> str:
    """Return what was held back as one message."""
    if held.count == 1:
        return next(iter(held.texts))
    lasted = duration(max(now - held.since, 0) / SECOND)
    if len(held.texts) == 1 and not held.others:
        return f"{next(iter(held.texts))} ({held.count} times in {lasted})"
    lines = [f"{held.count} {PLURALS[kind]} in {lasted}, not told one by one:"]
    most = sorted(held.texts.items(), key=lambda each: -each[1])[:_SHOWN]
    lines += [f"- {text}{f' ({times} times)' if times > 1 else ''}" for text, times in most]
    rest = held.count - sum(times for _, times in most)
    lines += [f"- and {rest} more"] if rest else []
    return "\n".join(lines)
