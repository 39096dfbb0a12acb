"""Answers about risk as tables: limits and where they come from, verdicts on an order, floors, chances."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tradewind import money
from tradewind.risk.controls import CONTROLS
from tradewind.risk.digest import digest_text
from tradewind.risk.limits import (
    BASE_MODES,
    HIGHEST_SOURCES,
    HIGHEST_UPDATES,
    OFF,
    RESETS,
    SEVERITIES,
    Limits,
    LossRule,
    ResetClock,
)
from tradewind.risk.units import shown

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from tradewind.results.passing import Chance, Play
    from tradewind.results.risk_status import FloorStatus
    from tradewind.risk.headroom import Verdict
    from tradewind.risk.resolving import Rules


def _table(title: str, columns: Sequence[str], right: Sequence[str] = ()) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.pad_edge = False
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def rules_tables(rules: "Rules") -> "list[Table]":
    """Return every limit with its origin: loss rules, single ones, groups, instruments, goals, and the sources."""
    limits = rules.limits
    sources = _Sources(rules)
    phase = f", phase {rules.phase}" if rules.phase else ""
    title = (
        f"{limits.name}, version {limits.version}, {digest_text(limits.digest)}\n"
        f"{', '.join(rules.packs) or 'no packs'}{phase}; capital {shown('cash', limits.capital, limits.currency)}"
    )
    losses = _table(title, ("", "Loss rule", "Amount", "Measured from", "Does", "From"), ("Amount",))
    for rule in limits.loss_rules:
        losses.add_row(*loss_words(limits, rule), sources.words(f"loss_rules.{rule.name}"))
    for name in rules.origins:
        if name.startswith("loss_rules.") and name.removeprefix("loss_rules.") not in {
            one.name for one in limits.loss_rules
        }:
            losses.add_row("", name.removeprefix("loss_rules."), "off", "", "", sources.words(name))
    single = _table("Limits", ("", "Limit", "Value", "From"), ("Value",))
    for name, control in CONTROLS.items():
        value = shown(control.unit, getattr(limits, name), limits.currency)
        single.add_row(control.letter, name, value, sources.words(name))
    groups = _table("Groups", ("Group", "Limit", "Members", "From"), ("Limit",))
    for group in limits.groups:
        members = ", ".join(f"{symbol} {weight:g}" for symbol, weight in group.members)
        groups.add_row(group.name, shown("share", group.limit, ""), members, sources.words(f"groups.{group.name}"))
    return [losses, single, groups, *_caps_table(rules, sources), *_goals_table(rules), *sources.table()]


class _Sources:
    """What limits were read in, numbered as they come up."""

    def __init__(self, rules: "Rules") -> None:
        self.rules = rules
        self.numbers: dict[str, int] = {}

    def words(self, name: str) -> str:
        """Return where a limit is from: the pack with the number of its source, or the line of a file."""
        origin = self.rules.origins.get(name)
        if origin is None:
            return ""
        where = origin.where.removeprefix("pack ")
        if origin.source:
            where += f" [{self.numbers.setdefault(origin.source, len(self.numbers) + 1)}]"
        return f"{where}, {origin.note}" if origin.note else where

    def table(self) -> "list[Table]":
        """Return what the numbers stand for."""
        if not self.numbers:
            return []
        table = _table("Sources", ("", ""))
        table.show_header = False
        for source, number in self.numbers.items():
            table.add_row(f"{number}", plain_text(source))
        return [table]


def plain_text(words: str) -> "Text":
    """Return words for a cell; brackets in them mean nothing."""
    from rich.text import Text

    return Text(words, overflow="fold")


def loss_words(limits: Limits, rule: LossRule) -> tuple[str, str, str, str, str]:
    """Return letter, name, amount, base and severity of a loss rule in words."""
    share = rule.amount == OFF
    amount = shown("share", rule.share, "") if share else shown("cash", rule.amount, limits.currency)
    return rule.control, rule.name, amount, base_words(limits, rule), SEVERITIES[rule.severity]


def base_words(limits: Limits, rule: LossRule) -> str:
    """Return what a loss rule measures from."""
    clock = clock_words(limits.clocks[rule.clock])
    if rule.highest_source:
        update = (
            "each " + HIGHEST_UPDATES[rule.highest_update] if rule.highest_update < 2 else f"the day's end, {clock}"
        )
        lock = "" if rule.lock == OFF else f"; floor at most {shown('cash', rule.lock, limits.currency)}"
        return f"highest {HIGHEST_SOURCES[rule.highest_source]} at {update}{lock}"
    if not rule.resets:
        return "initial capital"
    return f"{BASE_MODES[rule.base_mode]} at each {RESETS[rule.resets]}'s beginning, {clock}"


def clock_words(clock: ResetClock) -> str:
    """Return when a day begins."""
    return f"{clock.minute // 60:02d}:{clock.minute % 60:02d} {clock.zone}"


def _caps_table(rules: "Rules", sources: _Sources) -> "list[Table]":
    if not rules.limits.caps:
        return []
    table = _table("Instruments", ("Instrument", "Limit", "Value", "From"), ("Value",))
    for cap in rules.limits.caps:
        for name, value in cap._asdict().items():
            if name != "symbol":
                origin = sources.words(f"instruments.{cap.symbol}.{name}") or "the general limit"
                table.add_row(cap.symbol, name, shown(CONTROLS[name].unit, value, rules.limits.currency), origin)
    return [table]


def _goals_table(rules: "Rules") -> "list[Table]":
    said = {name: value for name, value in rules.goals._asdict().items() if value != OFF and name != "best_day_of_all"}
    if not said:
        return []
    table = _table("What the firm asks for", ("Goal", "Value"), ("Value",))
    units = {"profit_target": "cash", "profitable_day": "cash", "best_day": "share"}
    for name, value in said.items():
        table.add_row(name.replace("_", " "), shown(units.get(name, "count"), value, rules.limits.currency))
    return [table]


def verdicts_table(verdicts: "Sequence[Verdict]", r: Fraction | None, limits: Limits) -> "Table":
    """Return what each rule says of an order, with the room it leaves in money, and in R where it is about losses."""
    columns = ("", "Rule", "Verdict", "After it", "Limit", "Room", "R")
    table = _table("Before it is sent", columns, columns[3:])
    for one in verdicts:
        room = "" if one.headroom is None else _whole(one.headroom, limits, sign=True)
        about_losses = one.headroom is not None and r and one.control in LOSSES
        multiple = f"{float(one.headroom / r):+.1f}" if about_losses and one.headroom is not None and r else ""
        verdict = "passes" if one.passes else "REFUSED"
        table.add_row(one.control, one.rule, verdict, one.value, one.limit, room, multiple)
    return table


LOSSES = ("R1", "R2", "R3", "R6", "R8")
"""Controls whose room is a loss that can be counted in R."""


def breach_lines(verdicts: "Sequence[Verdict]") -> list[str]:
    """Return in one line for each sentence what it says, and which rules it is about."""
    lines: dict[str, list[str]] = {}
    for one in verdicts:
        if one.sentence:
            lines.setdefault(one.sentence, []).append(one.rule)
    return [f"{', '.join(names)}: {sentence}" for sentence, names in lines.items()]


def _whole(amount: Fraction, limits: Limits, *, sign: bool = False) -> str:
    exact = money.amount(round(amount), limits.currency)
    return f"{exact:+,.0f}" if sign else f"{exact:,.0f}"


def floors_table(statuses: "Sequence[FloorStatus]", limits: Limits, r: float) -> "Table":
    """Return where the floors of a run stand, and how near equity ever came."""
    columns = ("", "Rule", "Base", "Floor", "Room", "R", "Least room", "When (UTC)")
    table = _table("Floors", columns, ("Base", "Floor", "Room", "R", "Least room"))
    from tradewind.markets.clock import utc_datetime

    for one in statuses:
        amounts = (money.amount(value, limits.currency) for value in one[1:5])
        base, floor, room, least = (f"{amount:,f}" for amount in amounts)
        breach = " BREACHED" if one.worst_headroom < 0 else ""
        when = f"{utc_datetime(one.worst_at):%Y-%m-%d %H:%M}"
        multiple = f"{one.headroom / r:+.1f}" if r else ""
        table.add_row(one.rule.control, one.rule.name, base, floor, room, multiple, f"{least}{breach}", when)
    return table


def chance_table(found: "Chance", play: "Play", limits: Limits, days: int) -> "Table":
    """Return the chance to pass, what ended the others, and both intervals."""
    target = shown("cash", play.goals.profit_target, limits.currency)
    table = _table(
        f"{limits.name}: {target} from {days:,} days seen, {found.paths:,} paths of {play.days} days", ("", "")
    )
    table.show_header = False
    low, high = found.passed_wilson
    table.add_row("Passed", f"{found.passed:.1%}")
    table.add_row("  95 %, simulation alone (Wilson)", f"{low:.1%} to {high:.1%}")
    if found.passed_days is not None:
        low, high = found.passed_days
        table.add_row("  95 %, the days redrawn (bootstrap of the bootstrap)", f"{low:.1%} to {high:.1%}")
    for name, share in found.breached.items():
        table.add_row(f"Broke {name}", f"{share:.1%}")
    table.add_row(f"Neither within {play.days} days", f"{found.timed_out:.1%}")
    median = "n/a" if found.median_days_to_pass is None else f"{found.median_days_to_pass:.0f}"
    table.add_row("Median days to pass", median)
    return table


def log_table(rows: Sequence[Mapping[str, Any]]) -> "Table":
    """Return the latest rows of the risk log."""
    table = _table("Latest", ("When (UTC)", "Rule", "Did", "Measured", "Against", "About"), ("Measured", "Against"))
    for row in rows:
        about = " ".join(word for word in (row["strategy"], row["symbol"]) if word)
        measured = (_measured(row[name], row.get("unit") or "") for name in ("value", "limit"))
        table.add_row(f"{row['ts']:%Y-%m-%d %H:%M}", row["floor"] or row["rule"], row["action"], *measured, about)
    return table


def _measured(value: float, unit: str) -> str:
    """Return a figure of the risk log with its unit; cash to its digits."""
    if unit in ("", "lots", "price"):
        return f"{value:,.6g} {unit}".rstrip().removesuffix(" price")
    return f"{value:,.{money.minor_digits(unit)}f} {unit}"
