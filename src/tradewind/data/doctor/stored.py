"""What was found of a stored series is kept beside it, with the version it is of and with what was waived.

A series that changed is examined again the next time somebody asks. A waiver is a person's decision and outlives
examinations: it covers findings of its code that lie within its span, for ever or until it is taken back.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tradewind.data.doctor.examine import Examined, examine_series
from tradewind.data.doctor.finding import BLOCKER, Finding, words
from tradewind.data.series import Held, History, Identity, Series
from tradewind.data.session_bars import is_session
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.instruments import Profile

DOCUMENT = "doctor"
RULES = 2
"""Raised when the examination changes so much that what was found before no longer counts."""

EVER = (-(2**62), 2**62)


class Waiver(NamedTuple):
    """Findings of this code from `first` to `last` (ns UTC) are known and accepted."""

    code: str
    first: int
    last: int
    reason: str
    when: str

    def covers(self, finding: Finding) -> bool:
        """Return whether a finding lies within the waiver."""
        return finding.code == self.code and self.first <= finding.first and finding.last <= self.last


class Record(NamedTuple):
    """What is known of one series."""

    series: Series
    version: str
    examined: str
    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    profile: str = ""
    """The broker profile it was compared with."""

    def waiver(self, finding: Finding) -> Waiver | None:
        """Return what waives a finding, or None."""
        return next((one for one in self.waivers if one.covers(finding)), None)

    @property
    def open_blockers(self) -> list[Finding]:
        """The blockers nobody waived."""
        return [one for one in self.findings if one.severity == BLOCKER and self.waiver(one) is None]


def record(history: History, series: Identity, profile: Profile | None = None, *, again: bool = False) -> Record:
    """Return what is known of a stored series, examined now if it changed since, or if `again`."""
    one = Series(*series)
    version = _held(history, one).version
    kept = history.kept(one, DOCUMENT)
    name = "" if profile is None else profile.name
    asked = {"rules": RULES, "version": version, "profile": name}
    if kept is not None and not again and all(kept.get(name) == value for name, value in asked.items()):
        findings = tuple(_finding(row) for row in kept["findings"])
        return Record(one, version, str(kept["examined"]), findings, _waivers(kept), name)
    return remember(history, examine_series(history, one, profile), profile)


def remember(history: History, done: Examined, profile: Profile | None = None) -> Record:
    """Return what is known of a stored series after an examination; it is kept, and so is what was waived before."""
    one = done.subject.series
    version = _held(history, one).version
    waivers = _waivers(history.kept(one, DOCUMENT))
    name = "" if profile is None else profile.name
    return keep(history, Record(one, version, _now(), tuple(done.findings), waivers, name))


def open_blockers(history: History, series: Identity, profile: Profile | None = None) -> list[Finding]:
    """Return the blockers of a stored series that were neither fixed nor waived."""
    return record(history, series, profile).open_blockers


def keep(history: History, known: Record) -> Record:
    """What is known stands beside the series."""
    history.keep(
        known.series,
        DOCUMENT,
        {
            "rules": RULES,
            "version": known.version,
            "profile": known.profile,
            "examined": known.examined,
            "findings": [one._asdict() for one in known.findings],
            "waivers": [one._asdict() for one in known.waivers],
        },
    )
    return known


def waive(
    history: History, series: Identity, code: str, reason: str, *, profile: Profile | None = None,
    period: tuple[int, int] | None = None,
) -> list[Finding]:  # fmt: skip
    """Findings of a code, within a period if one is given, count as accepted; return those it covers now."""
    if not reason.strip():
        raise TradewindError("A waiver needs a reason.", "Say why the finding does no harm, with --reason.")
    known = record(history, series, profile)
    codes = {one.code for one in known.findings}
    if code not in codes:
        raise UnknownName(f"finding of {words(known.series)}", code, codes)
    first, last = period or EVER
    waiver = Waiver(code, first, last, " ".join(reason.split()), _now())
    covered = [one for one in known.findings if waiver.covers(one)]
    if not covered:
        raise TradewindError(
            f"No finding {code} of {words(known.series)} lies within that period.", "See `tradewind data doctor`."
        )
    keep(history, known._replace(waivers=(*known.waivers, waiver)))
    return covered


def unwaive(history: History, series: Identity, code: str, profile: Profile | None = None) -> int:
    """No finding of a code is waived any more; return how many waivers that were."""
    known = record(history, series, profile)
    left = tuple(one for one in known.waivers if one.code != code)
    keep(history, known._replace(waivers=left))
    return len(known.waivers) - len(left)


def matching(
    history: History, symbol: str | None = None, *, feed: str | None = None, side: str | None = None,
    timeframe: int | None = None,
) -> list[Series]:  # fmt: skip
    """Return the stored series that fit what is given; none is an error that says what there is."""
    held: Sequence[Held]
    held = history.series() if symbol is None else history.find(symbol, feed, side, timeframe)
    found = [Series(*one.series) for one in held]
    if symbol is None:
        found = [one for one in found if not is_session(one.symbol)]  # made of the others, which are looked at
        asked = (("feed", feed), ("side", side), ("timeframe", timeframe))
        found = [one for one in found if all(value is None or getattr(one, name) == value for name, value in asked)]
    if found:
        return found
    if symbol is not None and not history.find(symbol):
        raise UnknownName("instrument in the history", symbol, {Series(*one.series).symbol for one in history.series()})
    raise TradewindError("The history has no series that fits.", "See `tradewind data list`.")


def _held(history: History, series: Series) -> Held:
    for held in history.find(series.symbol):
        if Series(*held.series) == series:
            return held
    raise TradewindError(f"There is no {words(series)} in the history.", "See `tradewind data list`.")


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(**{name: row[name] for name in Finding._fields})


def _waivers(kept: Mapping[str, Any] | None) -> tuple[Waiver, ...]:
    rows = [] if kept is None else kept.get("waivers", [])
    return tuple(Waiver(**{name: row[name] for name in Waiver._fields}) for row in rows)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
