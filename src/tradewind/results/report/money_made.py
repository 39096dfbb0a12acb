"""The summary: the figures that decide, and the way from gross at mid prices to net with every cost on its own step."""

from collections.abc import Mapping
from typing import Any

from tradewind.results.amounts import (
    UNKNOWN,
    cash_text,
    expectancy_text,
    factor_text,
    multiple_text,
    share_text,
    shown_digits,
)
from tradewind.results.printing import COSTS
from tradewind.results.report.axes import Box, brief, drawing, rows_of, widened
from tradewind.results.report.markup import Column, Html, figure, joined, remark, section, table, tag, void, words
from tradewind.results.report.verdict import Remark

STEPS = (("Gross at mid", "gross_mid"), *COSTS, ("Net", "net"))


def money_made(run: Mapping[str, Any], remarks: list[Remark], measures: Html) -> Html:
    """Return the section of the summary."""
    first, *others = remarks
    said = tag(
        "div", remark(first.kind, first.text), *(remark(each.kind, each.text) for each in others), class_="verdict"
    )
    return section("summary", "Summary", None, said, _tiles(run), _waterfall(run), _lines(run), measures)


def _tiles(run: Mapping[str, Any]) -> Html:
    """Return the figures that decide, each with what it rests on."""
    account, total = run["summary"]["account"], run["summary"]["total"]
    digits, unit = account["digits"], account["currency"]
    sharpe, year = UNKNOWN, f"{account['days']:,} trading dates are too few or never varied"
    if account["sharpe_day"] is not None:
        sharpe = f"{account['sharpe_day']:+.3f} ± {account['sharpe_day_error']:.3f}"
        year = f"{account['sharpe_year']:+.2f} a year, from {account['days']:,} trading dates"
    tiles = [
        (
            "Net profit",
            cash_text(total["net"], digits, unit),
            f"return {share_text(account['return_share'], sign=True)}",
        ),
        ("Mean R a trade", expectancy_text(total), f"{total['rated']:,} trades with a stop; ± one standard error"),
        ("Sharpe ratio a day", sharpe, year),
        (
            "Deepest drawdown",
            share_text(account["worst_drawdown"], sign=True),
            f"worst corners of bars; {share_text(account['max_drawdown'], sign=True)} at marks",
        ),
        (
            "Trades",
            f"{total['trades']:,}",
            f"{share_text(total['win_rate'])} won, {total['refusals']:,} orders refused",
        ),
        (
            "Profit factor",
            factor_text(total),
            f"average win {multiple_text(total['average_win_r'])}, loss {multiple_text(total['average_loss_r'])}",
        ),
        (
            "In a position",
            share_text(total["exposure"]),
            "of market hours" if run["summary"]["exposure_of"] == "market" else "of calendar time",
        ),
        ("Longest losing streak", f"{total['longest_losing_streak']:,}", "trades, one after another"),
    ]
    shown = (
        tag("div", tag("dt", name), tag("dd", value, class_="big"), tag("dd", note, class_="note"), class_="tile")
        for name, value, note in tiles
    )
    return tag("dl", *shown, class_="tiles")


def _waterfall(run: Mapping[str, Any]) -> Html:
    """Return the way from gross to net as steps."""
    account, total = run["summary"]["account"], run["summary"]["total"]
    digits, unit = account["digits"], account["currency"]
    amounts = [total[key] for _, key in STEPS]
    levels, stands = [], 0.0
    for place, amount in enumerate(amounts):
        begin = 0.0 if place in (0, len(amounts) - 1) else stands
        stands = amount if place == 0 else stands + amount
        levels.append((begin, amount if place == len(amounts) - 1 else stands))
    low, high = widened([0.0, *(each for pair in levels for each in pair)], 0.14)
    box, size = Box(78, 14, 868, 186, 0, len(amounts), low, high), (960, 236)
    parts: list[object] = [rows_of(box, brief, 4)]
    for place, ((begin, end), (name, _), amount) in enumerate(zip(levels, STEPS, amounts, strict=True)):
        left, right = box.x(place + 0.18), box.x(place + 0.82)
        top, bottom = min(box.y(begin), box.y(end)), max(box.y(begin), box.y(end))
        kind = "whole" if place in (0, len(amounts) - 1) else "cost"
        sign = " loss" if amount < 0 else " gain" if amount > 0 else ""
        parts.append(
            void(
                "rect", class_=f"{kind}{sign}", x=left, y=round(top, 1), width=round(right - left, 1),
                height=max(1.5, round(bottom - top, 1)), rx=2 if bottom - top > 4 else 0,
            )
        )  # fmt: skip
        if place < len(amounts) - 1:
            parts.append(void("line", class_="link", x1=right, x2=box.x(place + 1.18), y1=box.y(end), y2=box.y(end)))
        middle = box.x(place + 0.5)
        value = top - 6 if amount >= 0 or place else bottom + 15
        parts.append(
            tag("text", cash_text(amount, digits), class_="value", x=middle, y=round(value, 1), text_anchor="middle")
        )
        parts.append(tag("text", name, class_="name", x=middle, y=226, text_anchor="middle"))
    label = "; ".join(
        f"{name} {cash_text(amount, digits, unit)}" for (name, _), amount in zip(STEPS, amounts, strict=True)
    )
    share = share_text(total["cost_share"])
    note = f"In {unit}. Costs are {share} of gross." if total["cost_share"] is not None else f"In {unit}."
    return figure("From gross to net", note, drawing(size, label, joined(parts)), class_="waterfall")


def _lines(run: Mapping[str, Any]) -> Html:
    """Return every strategy in every instrument with its costs, and the sum."""
    summary = run["summary"]
    unit = summary["account"]["currency"]
    lines = [*summary["lines"], summary["total"]]
    digits = shown_digits(lines, [key for _, key in STEPS], summary["account"]["digits"])
    columns = [
        words("Strategy and instrument"), Column("Trades"), Column("Won"), Column("Mean R", "± s.e."),
        Column("Profit factor"), *(Column(name, unit) for name, _ in STEPS), Column("Costs", "of gross"),
    ]  # fmt: skip
    rows = [
        [
            f"{line['strategy']} {line['symbol']}".strip() or "All",
            f"{line['trades']:,}",
            share_text(line["win_rate"]),
            expectancy_text(line),
            factor_text(line),
            *(cash_text(line[key], digits) for _, key in STEPS),
            share_text(line["cost_share"]),
        ]
        for line in lines
    ]
    return table(columns, rows, "By strategy and instrument, every cost apart", last=True)
