"""The order of things inside one bar, cell by cell, for longs and for their mirror image."""

from pathlib import Path

import pytest
from scenario import Play, parse

TABLE = Path(__file__).parent / "scenarios" / "intrabar.table"
MODES = ("pessimistic", "optimistic", "path")
MIRROR = 200
"""A price p becomes 200 - p, a buy becomes a sell."""


def cells():
    """Return (mode, side, entry, bar, stop, target, answer) for every cell of the table."""
    found = []
    for line in TABLE.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        first, levels, answers = (part.split() for part in line.split("|"))
        bar, levels = [int(word) for word in first[1:]], [int(word) for word in levels]
        marked = zip(MODES, answers, strict=True)
        found += [(mode, side, first[0], bar, *levels, answer) for mode, answer in marked for side in (1, -1)]
    return found


def text_of(mode, side, entry, bar, stop, target):
    """Return the cell as a scenario: a flat bar, the entry, for `held` a second flat bar, and the bar of the cell."""
    turn = (lambda price: price) if side > 0 else (lambda price: MIRROR - price)
    flat = f"bar {turn(100)} {turn(100)} {turn(100)} {turn(100)} spread 0"
    opening, high, low, close = bar if side > 0 else (turn(bar[0]), turn(bar[2]), turn(bar[1]), turn(bar[3]))
    kind, _, level = entry.partition("@")
    price = {"stop": f"trigger {turn(int(level or 0))}", "limit": f"price {turn(int(level or 0))}"}.get(kind, "")
    order = f"{'buy' if side > 0 else 'sell'} 1.0 {price} stop_loss {turn(stop)} take_profit {turn(target)}"
    rows = [f"10:01 {flat}", order, *([f"10:02 {flat}"] if kind == "held" else [])]
    rows.append(f"10:03 bar {opening} {high} {low} {close} spread 0")
    return "\n".join([f"venue mode {mode}", "== cell", *rows])


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: " ".join(map(str, cell)))
def test_cell(cell, tmp_path):
    """The bar does to the position what its cell says, and says so when it could not know."""
    *given, answer = cell
    path = tmp_path / "cell.txt"
    path.write_text(text_of(*given))
    (one,) = parse(path)
    play = Play(one)
    for group in one.groups:
        play.play(group, last=True)
    filled = [text for text, _ in play.outcome if text.startswith("filled")]
    wanted = {"stop": "stop-loss", "target": "take-profit"}.get(answer.rstrip("!"))

    assert len(filled) == {"none": 0, "open": 1}.get(answer, 2)
    assert wanted is None or wanted in filled[-1]
    assert not filled or ("ambiguous" in filled[-1]) == answer.endswith("!")
