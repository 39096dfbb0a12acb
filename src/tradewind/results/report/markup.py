"""HTML that escapes by default: text is text until somebody says that it is markup.

Names of strategies, reasons and parameters come from files of other people. `tag` escapes whatever is not `Html`, so a
`<script>` in a name can only ever be read.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple


class Html(str):
    """Markup that is finished; any other text is escaped when it meets a tag."""

    __slots__ = ()


def html(value: object) -> Html:
    """Return a value as markup: escaped unless it is `Html` already, nothing for None."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(str(value)))


def joined(parts: Iterable[object]) -> Html:
    """Return the parts one after another."""
    return Html("".join(html(part) for part in parts))


def tag(name: str, *inside: object, **attributes: object) -> Html:
    """Return an element; `class_` is class, `data_x` is data-x, True is a bare attribute, None and False none."""
    words = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        words.append(f" {shown}" if value is True else f' {shown}="{escape(str(value))}"')
    return Html(f"<{name}{''.join(words)}>{joined(inside)}</{name}>")


def void(name: str, **attributes: object) -> Html:
    """Return an element without content, such as a line of a drawing."""
    return Html(tag(name, **attributes).removesuffix(f"></{name}>") + "/>")


class Column(NamedTuple):
    """A column of a table: its title, what it is measured in, and whether it holds numbers."""

    title: str
    unit: str = ""
    number: bool = True


def words(title: str) -> Column:
    """Return a column of text."""
    return Column(title, "", number=False)


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], caption: str = "", *, last: bool = False
) -> Html:
    """Return a table with numbers to the right; the first cell heads its row, the last row is a sum if `last`."""
    head = joined(
        tag(
            "th",
            each.title,
            tag("small", f" {each.unit}") if each.unit else None,
            scope="col",
            class_="number" if each.number else None,
        )
        for each in columns
    )
    listed = list(rows)
    body = []
    for place, row in enumerate(listed):
        cells = [
            tag(
                "th" if number == 0 else "td",
                value,
                class_="number" if column.number else None,
                scope="row" if number == 0 else None,
            )
            for number, (column, value) in enumerate(zip(columns, row, strict=True))
        ]
        body.append(tag("tr", *cells, class_="sum" if last and place == len(listed) - 1 else None))
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption) if caption else None,
            tag("thead", tag("tr", head)),
            tag("tbody", *body),
        ),
        class_="wide",
        tabindex=0,
        role="region",
        aria_label=caption or "Table",
    )


def folding(columns: Sequence[Column], rows: Sequence[Sequence[object]], caption: str, shown: int) -> Html:
    """Return a table of which the first rows are seen, and the others after a click."""
    if len(rows) <= shown + 3:
        return table(columns, rows, caption)
    rest = tag("details", tag("summary", f"{len(rows) - shown:,} more"), table(columns, rows[shown:]))
    return joined([table(columns, rows[:shown], caption), rest])


def section(anchor: str, title: str, lead: object, *parts: object) -> Html:
    """Return a section of the page with its heading and a line that says what it shows."""
    opening = tag("p", lead, class_="lead") if lead else None
    return tag("section", tag("h2", title), opening, *parts, id=anchor, aria_label=title)


def figure(title: str, note: object, *parts: object, **attributes: object) -> Html:
    """Return a figure with its title and what must be known to read it."""
    caption = tag("figcaption", tag("h3", title) if title else None, tag("p", note) if note else None)
    return tag("figure", caption, *parts, **attributes)


def facts(rows: Iterable[tuple[str, object]]) -> Html:
    """Return names and values in two columns."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows), class_="facts")


def remark(kind: str, *inside: object) -> Html:
    """Return a sentence with its weight as a word: "good", "caution", "bad" or "note"."""
    label = {"good": "Holds", "caution": "Careful", "bad": "Against", "note": "Note"}[kind]
    return tag("p", tag("b", label, class_="weight"), " ", *inside, class_=f"remark {kind}")
