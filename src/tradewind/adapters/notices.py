"""What a person is told, in a trader's words: plain functions from records to sentences, money with its currency.

A text says what happened, to what, how much, and what follows from it. It has no secrets, no ids but our own order's
where it helps, and the broker's own words only at its end, in quotation marks and cut.
"""

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from tradewind import money
from tradewind.broker import Link, Report
from tradewind.kernel.refusals import REASONS
from tradewind.markets.instruments import Instrument

Kind = Literal["fill", "refusal", "limit", "disconnect", "reconciliation", "kill", "summary"]

KILL_MEANS = {
    0: "re-armed: entries may pass again",
    1: "no entries",
    2: "no entries, pending entries are cancelled",
    3: "pending entries are cancelled and everything is closed",
    4: "everything is closed and the connection is left",
}


class Notice(NamedTuple):
    """A text of a kind."""

    kind: Kind
    text: str


class Day(NamedTuple):
    """What a trading date came to; money in minor units of the account's currency."""

    day: date
    currency: str
    opened_with: int
    """Equity at its start."""
    closed_with: int
    realised: int
    """Of closed trades, before costs."""
    costs: int
    """Commission and fees; negative."""
    financing: int
    trades: int
    winners: int
    refusals: int
    open_positions: int
    worst: int
    """The deepest fall of equity below its highest of the day; 0 or negative."""


def cash(minor: int, currency: str, *, signed: bool = False) -> str:
    """Return an amount as `-1,234.50 USD`."""
    return f"{money.amount(minor, currency):{'+' if signed else ''},f} {currency}"


def level(ticks: int, instrument: Instrument) -> str:
    """Return a price with the digits of its instrument."""
    return f"{money.price(ticks, instrument.tick_size):,.{instrument.digits}f}"


def size(steps: int, instrument: Instrument) -> str:
    """Return a quantity as `0.05 lots`."""
    lots = money.lots(abs(steps), instrument.volume_step)
    shown = f"{lots.normalize():,f}"
    return f"{shown} lot{'' if lots == 1 else 's'}"


def fill(report: Report, instrument: Instrument, currency: str, strategy: str = "") -> Notice:
    """Return what a fill says: side, size, price, profit if it closed something, costs, and why."""
    verb = "Bought" if report.side > 0 else "Sold"
    text = f"{verb} {size(report.quantity, instrument)} {instrument.symbol} at {level(report.price, instrument)}"
    text += f" for {strategy}" if strategy else ""
    parts = []
    if report.realised:
        word = "profit" if report.realised > 0 else "loss"
        parts.append(f"{word} {cash(abs(report.realised), currency)}")
    if report.amount:
        word = "costs" if report.amount < 0 else "credit"
        parts.append(f"{word} {cash(abs(report.amount), currency)}")
    why = reason_name(report.reason)
    return Notice("fill", f"{text}{': ' if parts else ''}{', '.join(parts)}{f' ({why})' if why else ''}.")


def refusal(report: Report, instrument: Instrument, *, by: Literal["us", "broker"] = "broker") -> Notice:
    """Return what a refused order says: who refused what, and why."""
    who = "The broker refused" if by == "broker" else "Not sent"
    verb = "buy" if report.side > 0 else "sell"
    separator = " to" if by == "broker" else ": to"
    what = f"{who}{separator} {verb} {size(report.quantity, instrument)} {instrument.symbol}"
    name, sentence = REASONS.get(report.reason, (f"reason {report.reason}", ""))
    told = f": {name}. {sentence}" if name else "."
    return Notice("refusal", f"{what}{told}".rstrip() + quoted(report.text))


def limit(reason: int, value: str, bound: str, action: str) -> Notice:
    """Return what a limit that was reached says: which, how far, and what the gate does about it."""
    return Notice("limit", f"Limit reached, {reason_name(reason)}: {value} of {bound}. {action}.")


def link(change: Link, *, lasted_s: float = 0.0, open_positions: int = 0) -> Notice:
    """Return what a lost or regained stream says, and what is open meanwhile."""
    name = {"quotes": "prices", "reports": "order reports"}.get(change.stream, change.stream)
    if change.up:
        after = f" after {duration(lasted_s)}" if lasted_s else ""
        return Notice("disconnect", f"The stream of {name} is back{after}.")
    plural = "" if open_positions == 1 else "s"
    held = f" {open_positions} position{plural} open, stops at the broker." if open_positions else " Nothing is open."
    return Notice("disconnect", f"Lost the stream of {name}; no entries until it is back.{held}{quoted(change.reason)}")


def difference(what: str, ours: str, theirs: str) -> Notice:
    """Return what a difference between our books and the broker's says."""
    text = f"Our books and the broker's differ, {what}: {ours} here, {theirs} there. No entries until a person decides."
    return Notice("reconciliation", text)


def agreed(differences: int) -> Notice:
    """Return what the end of differences says."""
    plural = "" if differences == 1 else "s"
    return Notice(
        "reconciliation", f"Our books and the broker's agree again ({differences} difference{plural} settled)."
    )


def kill(raised_to: int, why: str, person: str = "") -> Notice:
    """Return what a change of the kill level says."""
    who = f" by {person}" if person else ""
    return Notice("kill", f"Kill level {raised_to}{who}: {KILL_MEANS.get(raised_to, 'unknown level')}. {why}".strip())


def summary(day: Day) -> Notice:
    """Return the day's result, what it is made of, and what is still open."""
    change = day.closed_with - day.opened_with
    share = Decimal(change) / day.opened_with * 100 if day.opened_with else Decimal(0)
    plural = "" if day.trades == 1 else "s"
    money_of = [
        f"closed trades {cash(day.realised, day.currency, signed=True)}",
        f"costs {cash(day.costs, day.currency, signed=True)}",
        f"financing {cash(day.financing, day.currency, signed=True)}",
        f"open positions {cash(change - day.realised - day.costs - day.financing, day.currency, signed=True)}",
    ]
    equity = f"Equity {cash(day.opened_with, day.currency)} to {cash(day.closed_with, day.currency)}"
    lines = [
        f"{day.day:%a %d %b %Y}: {cash(change, day.currency, signed=True)} ({share:+.2f} %)",
        f"{equity}, deepest fall {cash(day.worst, day.currency)}.",
        f"{day.trades} trade{plural}, {day.winners} won; {', '.join(money_of)}.",
        f"{day.open_positions} open now, {day.refusals} refused.",
    ]
    return Notice("summary", "\n".join(lines))


def reason_name(reason: int) -> str:
    """Return the name of a reason; one we do not know by its number."""
    return REASONS.get(reason, (f"reason {reason}", ""))[0]


def quoted(words: str) -> str:
    """Return the broker's own words in quotation marks, printable and cut; nothing for none."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words[:400])
    plain = " ".join(plain.split())[:200].replace('"', "'")
    return f' "{plain}"' if plain else ""


def duration(seconds: float) -> str:
    """Return a stretch of time in a person's words: `45 s`, `3 min`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
