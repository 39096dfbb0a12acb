"""A twin run as one HTML page that needs nothing: the way from the backtest to what happened, then trade by trade."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradewind.results.amounts import cash_text
from tradewind.results.report.axes import Box, brief, drawing, rows_of, widened
from tradewind.results.report.markup import (
    Column,
    Html,
    facts,
    figure,
    folding,
    joined,
    remark,
    section,
    table,
    tag,
    void,
    words,
)
from tradewind.results.report.page import page
from tradewind.twin.document import MEANING

NAMES = {"summary": "Summary", "causes": "Causes", "trades": "Trades", "method": "How to read it"}
SHOWN = 60
METHOD = (
    "The day is run again and again from the same beginning. The first run is the backtest: the reference feed, the "
    "assumed latency, spread and slippage. Each further run changes one thing to what was recorded, and keeps it: "
    "prices, quoted spreads, clocks, decisions, sizes, arrivals, fills, bookings, orders that got lost. The difference "
    "between one run and the next is that cause's money, with everything that followed from it: a late fill that "
    "changed the balance that changed a later size is all latency. So the causes sum to the difference exactly."
)


def draw_page(told: Mapping[str, Any]) -> str:
    """Return the page of a twin run, given as its document."""
    title = f"Twin of {told['day']}, {', '.join(told['strategies'])} on {', '.join(told['instruments'])}"
    parts = [_opening(told), _summary(told), _causes(told), _trades(told)]
    parts.append(section("method", "How to read it", None, tag("p", METHOD, class_="hint")))
    return page(title, NAMES, parts, {})


def _opening(told: Mapping[str, Any]) -> Html:
    rows = [
        ("Account", told["account"] or "not named"),
        ("Trading day, New York", told["day"]),
        ("Feed held against", told["reference"]),
        ("Currency", told["currency"]),
    ]
    return tag(
        "header",
        tag("p", "Tradewind twin run", class_="kicker"),
        tag("h1", ", ".join(told["strategies"]), tag("span", f" on {', '.join(told['instruments'])}", class_="on")),
        facts(rows),
        id="top",
    )


def _cash(told: Mapping[str, Any], amount: str) -> str:
    return cash_text(float(amount), told["digits"])


def _summary(told: Mapping[str, Any]) -> Html:
    unit = told["currency"]
    differing = sum(bool(trade["causes"]) for trade in told["trades"])
    tiles = [
        ("Live", _cash(told, told["live"]), f"{unit}, what the day made"),
        ("Backtest", _cash(told, told["backtest"]), f"{unit}, what its twin made"),
        ("Difference", _cash(told, told["difference"]), f"{unit}, live minus backtest"),
        ("Trades", f"{len(told['trades']):,}", f"{differing:,} of them differ"),
    ]
    shown = (
        tag("div", tag("dt", name), tag("dd", value, class_="big"), tag("dd", note, class_="note"), class_="tile")
        for name, value, note in tiles
    )
    said = [remark("note", each) for each in told["remarks"]]
    if Decimal(told["causes"]["unexplained"]):
        why = "Some of the difference has no cause in the recording: the journal and the account do not agree."
        said.insert(0, remark("bad", why))
    elif not any(Decimal(amount) for amount in told["causes"].values()):
        said.insert(0, remark("good", "Live and backtest agree to the last unit: every cause is zero."))
    return section(
        "summary", "Summary", None, tag("dl", *shown, class_="tiles"), tag("div", *said, class_="verdict"), _steps(told)
    )


def _steps(told: Mapping[str, Any]) -> Html:
    """Return the way from the backtest to live as steps; causes of nothing are left out."""
    causes = [(cause, float(amount)) for cause, amount in told["causes"].items() if Decimal(amount)]
    bars = [("backtest", float(told["backtest"])), *causes, ("live", float(told["live"]))]
    levels, stands = [], 0.0
    for place, (_, amount) in enumerate(bars):
        whole = place in (0, len(bars) - 1)
        begin = 0.0 if whole else stands
        stands = amount if whole else stands + amount
        levels.append((begin, stands))
    low, high = widened([0.0, *(each for pair in levels for each in pair)], 0.14)
    box = Box(78, 14, 868, 186, 0, len(bars), low, high)
    parts: list[object] = [rows_of(box, brief, 4)]
    for place, ((begin, end), (name, amount)) in enumerate(zip(levels, bars, strict=True)):
        parts += _step(box, place, (begin, end), amount, whole=place in (0, len(bars) - 1))
        middle = box.x(place + 0.5)
        value = round(min(box.y(begin), box.y(end)) - 6, 1)
        words_of = cash_text(amount, told["digits"])
        parts.append(tag("text", words_of, class_="value", x=middle, y=value, text_anchor="middle"))
        parts.append(tag("text", name, class_="name", x=middle, y=226, text_anchor="middle"))
    label = "; ".join(f"{name} {cash_text(amount, told['digits'], told['currency'])}" for name, amount in bars)
    note = f"In {told['currency']}. Causes of nothing are left out."
    return figure("From backtest to live", note, drawing((960, 236), label, joined(parts)), class_="waterfall")


def _step(box: Box, place: int, span: tuple[float, float], amount: float, *, whole: bool) -> list[object]:
    left, right = box.x(place + 0.18), box.x(place + 0.82)
    top, bottom = sorted(box.y(each) for each in span)
    sign = " loss" if amount < 0 else " gain" if amount > 0 else ""
    bar = void(
        "rect", class_=f"{'whole' if whole else 'cost'}{sign}", x=left, y=round(top, 1),
        width=round(right - left, 1), height=max(1.5, round(bottom - top, 1)),
    )  # fmt: skip
    return [bar]


def _causes(told: Mapping[str, Any]) -> Html:
    rows = [(cause, MEANING[cause], _cash(told, amount)) for cause, amount in told["causes"].items()]
    rows.append(("live minus backtest", "", _cash(told, told["difference"])))
    columns = [words("Cause"), words("What it is"), Column("Money", told["currency"])]
    lead = "Each is measured with everything that followed from it. They sum to the difference, to the last unit."
    return section("causes", "Causes", lead, table(columns, rows, "The difference by causes", last=True))


def _trades(told: Mapping[str, Any]) -> Html:
    """Return every trade with both its results; those that differ most come first."""
    seen = [cause for cause in told["causes"] if any(cause in trade["causes"] for trade in told["trades"])]
    columns = [
        words("Decided, UTC"), words("Strategy"), words("Trade"), Column("Backtest", told["currency"]),
        Column("Live", told["currency"]), Column("Difference", told["currency"]), *(Column(cause) for cause in seen),
    ]  # fmt: skip
    ordered = sorted(told["trades"], key=lambda trade: -abs(Decimal(trade["difference"])))
    rows = [_row(told, trade, seen) for trade in ordered]
    lead = f"{len(rows):,} trades; those that differ most come first. A side that is empty did not make the trade."
    if not rows:
        return section("trades", "Trades", None, tag("p", "Neither side traded.", class_="hint"))
    return section("trades", "Trades", lead, folding(columns, rows, "Trades and their twins", SHOWN))


def _row(told: Mapping[str, Any], trade: Mapping[str, Any], seen: Sequence[str]) -> list[str]:
    sides = [_cash(told, trade[name]["net"]) if trade[name] else "-" for name in ("backtest", "live")]
    lots = (trade["live"] or trade["backtest"] or {"lots": ""})["lots"]
    return [
        trade["decided"][:19].replace("T", " "),
        trade["strategy"],
        f"{trade['side']} {lots} {trade['symbol']}",
        *sides,
        _cash(told, trade["difference"]),
        *(_cash(told, trade["causes"][cause]) if cause in trade["causes"] else "" for cause in seen),
    ]
