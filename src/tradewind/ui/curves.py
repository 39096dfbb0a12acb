"""Lines over time as SVG text: equity of a run, of several beside each other, of an account."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tradewind.results.report.axes import Box, brief, date_marks, drawing, marks_of, path, rows_of, thinned, widened
from tradewind.results.report.markup import Html, joined, tag, void

Floats = NDArray[np.float64]
LEFT, WIDE = 66.0, 920.0
BUCKETS = 320
MOST = 4


def curve(name: str, seconds: Floats, values: Floats, *, start: float | None = None, high: float = 190.0) -> Html:
    """Return one line over its time (seconds since 1970 UTC), with where it began."""
    return curves([(name, seconds, values)], start=start, high=high)


def curves(lines: Sequence[tuple[str, Floats, Floats]], *, start: float | None = None, high: float = 220.0) -> Html:
    """Return up to four lines over the same time; each has a stroke of its own, named below where there are several."""
    known = [(name, x, y) for name, x, y in lines[:MOST] if len(x) > 1]
    if not known:
        return Html("")
    low, top = widened(
        [*([] if start is None else [start]), *(float(v) for _, _, y in known for v in (y.min(), y.max()))]
    )
    first, last = min(float(x[0]) for _, x, _ in known), max(float(x[-1]) for _, x, _ in known)
    box = Box(LEFT, 8, WIDE, high, first, last, low, top)
    parts: list[object] = [rows_of(box, brief, 5), marks_of(box, date_marks(first, last))]
    if start is not None:
        parts.append(void("line", class_="start", x1=LEFT, x2=LEFT + WIDE, y1=box.y(start), y2=box.y(start)))
    for number, (_, x, y) in enumerate(known, 1):
        kept = thinned(x, y, BUCKETS)
        line = path((box.x(a), box.y(b)) for a, b in zip(kept[0].tolist(), kept[1].tolist(), strict=True))
        if len(known) == 1:
            bottom = round(box.top + box.high, 1)
            parts.append(void("path", class_="area", d=f"{line}L{box.x(x[-1])} {bottom}L{box.x(x[0])} {bottom}Z"))
        parts.append(void("path", class_=f"line-{number}", d=line))
    words = "; ".join(f"{name} from {brief(float(y[0]))} to {brief(float(y[-1]))}" for name, _, y in known)
    picture = drawing((LEFT + WIDE + 14, high + 30), words, joined(parts), class_="curve")
    if len(known) == 1:
        return picture
    named = [
        tag("span", tag("i", class_=f"stroke line-{number}"), name) for number, (name, _, _) in enumerate(known, 1)
    ]
    return joined([picture, tag("div", *named, class_="row wide-gap small")])
