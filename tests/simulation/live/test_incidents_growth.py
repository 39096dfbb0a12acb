"""Maps that grow for as long as a desk runs; and a look that every incident has a test by its name."""

import re
from pathlib import Path

import plots
from test_incidents_orders import Story

from tradewind.trading import book as book_module

TESTS = Path(__file__).parents[2]
INCIDENTS = {f"R{number}" for number in range(1, 25)}
MAPS = (dict, list, set, frozenset, tuple)


def sizes(trader):
    """Return how much is in every container of the trader and its parts, by name."""
    parts = {"trader": trader, "book": trader.book, "resolving": trader.resolving, "settling": trader.settling,
             "reporting": trader.reporting}  # fmt: skip
    return {
        f"{name}.{field}": len(value)
        for name, part in parts.items()
        for field, value in vars(part).items()
        if isinstance(value, MAPS)
    }


def live_through(scene, orders):
    """Time passes until so many more entries were sent; people are told what there is to tell, as the driver does."""
    wanted = len(scene.entries()) + orders
    for _ in range(100 * orders):
        if len(scene.entries()) >= wanted:
            return
        scene.go(5)
        scene.trader.alerts.clear()
        scene.trader.fills.clear()
    raise AssertionError(f"{len(scene.entries())} entries, not {wanted}")


def test_r9_nothing_a_trader_keeps_grows_with_the_number_of_its_orders(monkeypatch):
    """R9, nautilus #4107, #4322, #4523: unbounded maps. What is kept of the past is bounded and at its bound."""
    monkeypatch.setattr(book_module, "REMEMBERED", 100)
    monkeypatch.setattr(book_module, "FILLS_REMEMBERED", 50)
    scene = Story(plots.ENDLESS)
    live_through(scene, 150)
    before = sizes(scene.trader)
    live_through(scene, 350)
    after = sizes(scene.trader)

    assert (after["book.seen"], after["book.filled"]) == (100, 50)
    assert after["book.tickets"] <= 4
    assert {name: (before[name], count) for name, count in after.items() if count > max(before[name], 4)} == {}
    scene.start()
    assert {name: count for name, count in sizes(scene.trader).items() if count > max(before[name], 4)} == {}


def test_all_incidents_have_a_test():
    """Twenty-four of twenty-four: by the name of a test, or by the first words of what it says of itself."""
    found = set()
    for path in sorted(TESTS.rglob("test_incidents*.py")):
        text = path.read_text(encoding="utf-8")
        for name, said in re.findall(r'^(?:async )?def (test_\w+)\([^)]*\):\n    """([^"]*)', text, re.MULTILINE):
            found |= {one.upper() for one in re.findall(r"(?<=_)r\d+(?=_)", name)}
            found |= set(re.findall(r"\bR\d+\b", said))

    assert INCIDENTS - found == set()
