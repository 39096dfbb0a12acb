"""The pictures of the concepts, drawn as SVG: boxes and arrows at places chosen by hand.

They are files, so that GitHub and the site show the same, and need neither a script nor a network. Each has a ground
of its own, so that it can be read in the dark, and a title for people who listen to pages. `make docs` writes them,
and a test holds the life of an order against the table that the kernel runs by.
"""

from html import escape
from pathlib import Path
from typing import NamedTuple

from tradewind.kernel.orders import FIRST_FINAL, HAPPENINGS, LIFECYCLE, NONE, STATUSES

WIDE, HIGH = 132, 40
INK, GROUND, BOX, ENDS = "#1b2a30", "#ffffff", "#e3f2f1", "#eceff1"

ORDER_ARROWS = (
    ("none", "sent", "passes the gate", 0), ("none", "held", "a stop or target of an entry", 0),
    ("held", "working", "its entry fills", 0), ("sent", "working", "accepted", 0),
    ("working", "cancelling", "cancel", -12), ("cancelling", "working", "", 4),
    ("working", "replacing", "replace", -8), ("replacing", "working", "", 8),
    ("working", "unknown", "no answer", -20), ("unknown", "working", "found", 20), ("unknown", "ends", "found", 0),
    ("replacing", "ends", "filled, expired, ...", 0),
)  # fmt: skip
"""From, to, words, bend."""


class Box(NamedTuple):
    """A box with a word in it, by its middle."""

    x: int
    y: int
    text: str
    fill: str = BOX


def boxes_and_arrows(title, size, boxes, arrows):
    """Return a picture: boxes by name, and arrows as (from, to, words, how far they bend)."""
    width, height = size
    parts = [
        *_ground(title, width, height),
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
        f'<path d="M0,0 L8,4 L0,8 z" fill="{INK}"/></marker></defs>',
    ]
    parts += [_arrow(boxes[start], boxes[end], words, bend) for start, end, words, bend in arrows]
    parts += [_box(box) for box in boxes.values()]
    return "\n".join([*parts, "</svg>", ""])


def _ground(title, width, height):
    """Return how every picture begins: its size, its title and its own ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"',
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
    )


def _box(box):
    left, top = box.x - WIDE // 2, box.y - HIGH // 2
    return (
        f'<rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" rx="6" fill="{box.fill}" stroke="{INK}"/>'
        f'<text x="{box.x}" y="{box.y + 5}" text-anchor="middle" fill="{INK}">{escape(box.text)}</text>'
    )


def _arrow(start, end, words, bend):
    """Return an arrow between the facing edges of two boxes, moved sideways by `bend`."""
    if abs(end.x - start.x) > WIDE:
        side = 1 if end.x > start.x else -1
        x1, y1, x2, y2 = start.x + side * WIDE // 2, start.y + bend, end.x - side * WIDE // 2, end.y + bend
    else:
        side = 1 if end.y > start.y else -1
        x1, y1, x2, y2 = start.x + bend, start.y + side * HIGH // 2, end.x + bend, end.y - side * HIGH // 2
    lines = words.split("\n") if words else []
    anchor = "middle" if abs(end.x - start.x) > WIDE else "start" if bend >= 0 else "end"
    dx = 0 if anchor == "middle" else 6 if anchor == "start" else -6
    dy = -6 - 15 * (len(lines) - 1) if anchor == "middle" else 4
    label = "".join(
        f'<text x="{(x1 + x2) // 2 + dx}" y="{(y1 + y2) // 2 + dy + 15 * row}" text-anchor="{anchor}" fill="{INK}" '
        f'font-size="11">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    return f'<path d="M{x1},{y1} L{x2},{y2}" stroke="{INK}" fill="none" marker-end="url(#tip)"/>{label}'


def order():
    """Return the life of an order between the living statuses; every one of them may end, which is one box."""
    places = {
        "none": (90, 60), "held": (90, 180), "sent": (340, 60), "working": (340, 180),
        "cancelling": (620, 60), "replacing": (620, 180), "unknown": (340, 310),
    }  # fmt: skip
    boxes = {name: Box(*place, "a strategy decides" if name == "none" else name) for name, place in places.items()}
    boxes["ends"] = Box(620, 310, "an end", ENDS)
    return boxes_and_arrows("The life of an order", (760, 360), boxes, ORDER_ARROWS)


def quote():
    """Return the way of a price from its source to the journal."""
    steps = (
        ("source", "tape or stream"), ("venue", "venue looks"), ("step", "step: bid, ask"), ("bars", "bars close"),
        ("strategy", "strategy is shown"), ("gate", "risk gate"), ("outbox", "outbox"), ("answers", "venue answers"),
    )  # fmt: skip
    boxes = {
        name: Box(90 + 210 * (place if place < 4 else 7 - place), 60 if place < 4 else 170, text)
        for place, (name, text) in enumerate(steps)
    }
    words = ("event", "price", "forming", "closed", "orders", "passed", "command")
    arrows = [(steps[place][0], steps[place + 1][0], word, 0) for place, word in enumerate(words)]
    boxes["journal"] = Box(300, 270, "journal, on disk", ENDS)
    arrows.append(("outbox", "journal", "before it is sent", 0))
    return boxes_and_arrows("The life of a quote", (810, 310), boxes, arrows)


def day():
    """Return the trading date of gold on one line, in New York time, with the sessions that lie in it."""
    left, wide = 150, 540
    rows = (
        ("Asia block", 19, 27, "#cfe8f5"), ("London", 27, 36, "#d9ead3"), ("New York morning", 32, 36, "#fde9c9"),
        ("New York afternoon", 36, 40, "#f9d7c3"), ("break", 17, 18, "#eceff1"),
    )  # fmt: skip

    def at(hour):
        return left + round((hour - 17) / 24 * wide)

    parts = [*_ground("One trading date, 17:00 to 17:00 New York, in winter", 720, 250)]
    for row, (name, opens, closes, fill) in enumerate(rows):
        top = 46 + 34 * row
        parts.append(f'<text x="10" y="{top + 17}" fill="{INK}">{name}</text>')
        parts.append(
            f'<rect x="{at(opens)}" y="{top}" width="{at(closes) - at(opens)}" height="24" '
            f'stroke="{INK}" fill="{fill}"/>'
        )
    for hour in range(17, 42, 3):
        parts.append(f'<path d="M{at(hour)},34 V220" stroke="{INK}" stroke-opacity="0.25"/>')
        parts.append(
            f'<text x="{at(hour)}" y="28" text-anchor="middle" font-size="11" fill="{INK}">{hour % 24:02}:00</text>'
        )
    parts.append(f'<text x="{left}" y="240" font-size="11" fill="{INK}">New York time, a full day in winter</text>')
    return "\n".join([*parts, "</svg>", ""])


def living_edges():
    """Return every (status, next status) of the lifecycle between living statuses, with what leads there."""
    found = {}
    for status in range(NONE, FIRST_FINAL):
        for happening, after in enumerate(LIFECYCLE[status]):
            if 0 <= after < FIRST_FINAL and after != status:
                found.setdefault((STATUSES[status], STATUSES[int(after)]), []).append(HAPPENINGS[happening])
    return found


DRAWN = {"order.svg": order, "quote.svg": quote, "day.svg": day}


def main():
    """Write every picture anew."""
    for name, draw in DRAWN.items():
        (Path(__file__).resolve().parents[1] / "concepts" / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
