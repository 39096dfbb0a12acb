"""What pages are made of: cards, figures, badges, bars, tables that are cards on a phone, empty states."""

import re
from collections.abc import Iterable, Mapping, Sequence

from tradewind.results.report.markup import Column, Html, html, joined, table, tag, words

__all__ = ["Column", "Html", "html", "joined", "tag", "words"]

LONG = 26
"""Letters of a cell that takes the whole width of a card."""
_MARKUP = re.compile(r"<[^>]*>")
SHAPES = {"good": "●", "bad": "■", "warn": "▲", "info": "◆", "": "○"}


def badge(text: object, kind: str = "") -> Html:
    """Return a word with a shape of its kind: good, bad, warn, info or none."""
    return tag("span", tag("span", SHAPES[kind], aria_hidden="true"), " ", text, class_=f"badge {kind}".strip())


def synthetic() -> Html:
    """Return what stands beside everything that was made up."""
    return tag(
        "span", "SYNTHETIC", class_="badge synthetic", title="Prices were made up: nothing here is about a market"
    )


def card(title: str, *inside: object, note: object = None, right: object = None, wide: str = "w12") -> Html:
    """Return a card with its heading; `wide` is how many of twelve columns it takes."""
    head = tag(
        "header",
        tag("h2", title),
        tag("span", note, class_="note") if note else None,
        tag("span", right, class_="right") if right else None,
    )
    return tag("section", head, *inside, class_=f"card {wide}")


def grid(*cards: object) -> Html:
    """Return cards in a grid of twelve columns."""
    return tag("div", *cards, class_="grid")


def figure(name: str, value: object, under: object = None, *, big: bool = False) -> Html:
    """Return a number with its name above and what it means below."""
    return tag(
        "div",
        tag("span", name, class_="name"),
        tag("span", value, class_="big" if big else "value"),
        tag("span", under, class_="soft small") if under else None,
        class_="figure",
    )


def pairs(rows: Iterable[tuple[object, object]], *, left: bool = False) -> Html:
    """Return names and values in two columns."""
    inside = joined(joined([tag("dt", name), tag("dd", value)]) for name, value in rows)
    return tag("dl", inside, class_="pairs left" if left else "pairs")


def bar(name: object, used: float | None, told: object, under: object = None) -> Html:
    """Return how much of a limit is used: a bar, its share in words, and what is left."""
    part = 0.0 if used is None else min(max(used, 0.0), 1.0)
    kind = "bad" if part >= 0.9 else "warn" if part >= 0.7 else ""
    word = "■ used up" if part >= 1 else {"bad": "■ nearly used up", "warn": "▲ getting close", "": ""}[kind]
    line = tag(
        "div",
        tag("span", name),
        tag("span", tag("span", f"{word}  " if word else "", class_={"bad": "down"}.get(kind, "soft")), told),
        class_="line",
    )
    fill = tag("div", class_="fill", style=f"width:{part * 100:.1f}%")
    track = tag(
        "div", fill, class_="track", role="meter", aria_label=str(name), aria_valuemin=0, aria_valuemax=100,
        aria_valuenow=round(part * 100), aria_valuetext=f"{part * 100:.0f} % used",
    )  # fmt: skip
    return tag("div", line, track, tag("div", under, class_="under") if under else None, class_=f"bar {kind}".strip())


def empty(title: str, text: object = None, command: str = "", action: object = None) -> Html:
    """Return what stands where nothing is yet: what it means, and what to do about it."""
    return tag(
        "div",
        tag("b", title),
        tag("span", text) if text else None,
        tag("code", command) if command else None,
        action,
        class_="empty",
    )


def trouble(text: object, hint: object = None) -> Html:
    """Return what went wrong and what to do."""
    return tag(
        "div", tag("span", text, class_="trouble"), tag("span", hint, class_="soft"), class_="empty", role="alert"
    )


def rows(
    columns: Sequence[Column], found: Sequence[Sequence[object]], caption: str, *, head: Sequence[int] = (0,)
) -> Html:
    """Return a table; on a phone each row is a card whose head are the columns of these places."""
    cards = [_card_of(columns, row, head) for row in found]
    drawn = table(columns, found, caption)
    return tag("div", drawn, tag("div", *cards, class_="cards"), class_="as-cards")


def _card_of(columns: Sequence[Column], row: Sequence[object], head: Sequence[int]) -> Html:
    named = zip(columns, row, strict=True)
    rest = []
    for place, (column, value) in enumerate(named):
        text = _MARKUP.sub("", str("" if value is None else value))
        if place not in head and (text.strip() or "<i" in str(value)):
            long = "whole" if len(text) > LONG else None
            rest.append(tag("div", tag("span", column.title, class_="soft"), tag("span", value), class_=long))
    first = [tag("span", row[place]) for place in head]
    return tag("div", tag("div", *first, class_="head"), tag("div", *rest, class_="rest"), class_="one")


def button(text: object, do: str, *, kind: str = "", why_not: str = "", **data: object) -> Html:
    """Return a button that asks the server; with `why_not` it cannot be pressed, and says why."""
    return tag(
        "button", text, type="button", class_=kind or None, data_do=do, disabled=bool(why_not), title=why_not or None,
        **{f"data_{name}": value for name, value in data.items()},
    )  # fmt: skip


def field(label: str, control: object, *, whole: bool = False) -> Html:
    """Return a control with its label."""
    return tag("label", tag("span", label), control, class_="field whole" if whole else "field")


def entry(name: str, value: object = "", **more: object) -> Html:
    """Return a field to type in."""
    found = tag("input", name_=name, value=html(value) if value is None else value, autocomplete="off", **more)
    return Html(found.removesuffix("</input>"))


def choice(name: str, options: Mapping[str, str] | Sequence[str], chosen: str = "", **more: object) -> Html:
    """Return a field to choose from: value and what is shown."""
    listed = options.items() if isinstance(options, Mapping) else [(one, one) for one in options]
    inside = [tag("option", shown, value=value, selected=value == chosen) for value, shown in listed]
    return tag("select", *inside, name_=name, **more)


def choices(options: Sequence[tuple[str, str, bool]], label: str) -> Html:
    """Return links beside each other: (text, address, whether it is the one shown)."""
    links = [
        tag(
            "a", text, href=address, class_="button chosen" if here else "button", aria_current="true" if here else None
        )
        for text, address, here in options
    ]
    return tag("div", *links, class_="choices", role="group", aria_label=label)
