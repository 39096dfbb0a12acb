"""What may be varied, between which conditions, and which points are tried."""

from collections import Counter
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from tradewind.errors import TradewindError
from tradewind.research.conditions import Condition
from tradewind.research.sampling import grid, sample
from tradewind.research.space import Axis, axis_of, space_of, texts


class Params(NamedTuple):
    """Of a strategy that is never run."""

    fast: int = 10
    slow: int = 30
    share: float = 0.5
    close: bool = False


def strategy(**module):
    """Return what a loaded strategy shows of itself."""

    def params(overrides):
        kinds = Params.__annotations__
        return Params(**{name: kinds[name](text) for name, text in overrides.items()})

    return SimpleNamespace(name="one", parameters=Params, module=SimpleNamespace(**module), params=params)


def space(vary, where=(), **module):
    """Return a space over the parameters above."""
    return space_of(strategy(**module), {}, vary, where)


@pytest.mark.parametrize(
    ("text", "kind", "points"),
    [
        ("5:20:5", int, (5, 10, 15, 20)),
        ("5:19:5", int, (5, 10, 15)),
        ("1:3", int, (1, 2, 3)),
        ("0.1:0.3:0.1", float, (0.1, 0.2, 0.3)),
        ("7,3,5", int, (7, 3, 5)),
        ("true,false", bool, (True, False)),
        (range(5, 20, 5), int, (5, 10, 15)),
        ((0.5, 1.0), float, (0.5, 1.0)),
    ],
)
def test_a_range_is_its_points(text, kind, points):
    """Both ends count where the step meets them; decimals are exact; a strategy file may give lists."""
    assert axis_of("one", text, kind).points == points


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("9:3", int, "is no range"),
        ("1:9:0", int, "no step"),
        ("1:9:0.5", int, "no step"),
        ("0:9:log", int, "logarithmic scale has no 0"),
        ("a:b", int, "not a whole number"),
        ("0:inf", float, "no number"),
        ("0:1", bool, "true or false"),
        ("", int, "no values"),
    ],
)
def test_what_is_no_range_is_refused(text, kind, said):
    """Each mistake is named."""
    with pytest.raises(TradewindError, match=said):
        axis_of("one", text, kind)


@pytest.mark.parametrize(
    "axis",
    [
        axis_of("one", "5:60:5", int), axis_of("one", "3,1,2", int), axis_of("one", "0.01:10:log", float),
        axis_of("one", "2:500:log", int), axis_of("one", "0.5:3", float), axis_of("one", "false,true", bool),
    ],
)  # fmt: skip
def test_an_axis_reads_itself_back(axis):
    """What a stored sweep says of an axis gives the same axis."""
    name, _, text = str(axis).partition("=")

    assert axis_of(name, text, axis.kind) == axis


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("fast < slow", True),
        ("fast * 3 <= slow and not close", True),
        ("5 < fast < 10", False),
        ("share / close > 1", False),
        ("slow % 7 == 2 or share == 0.25", True),
        ("-fast + 11 > 0", True),
    ],
)
def test_a_condition_is_arithmetic(text, holds):
    """Comparisons, arithmetic, and/or/not; a division by nothing does not hold."""
    assert Condition(text, Params._fields)(Params()._asdict()) is holds


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "fast.real", "slow[0]", "(lambda: 1)()", "fast if close else slow", "fast <",
        "'a' < 'b'", "[fast]", "fast ** 999999999", "exit()", "print", "f'{fast}'", "(x := 3)", "None", "fast @ slow",
    ],
)  # fmt: skip
def test_a_condition_runs_no_code(text):
    """Calls, attributes, powers and every other kind of code are refused before anything is calculated."""
    with pytest.raises(TradewindError):
        Condition(text, Params._fields)


def test_a_grid_is_every_allowed_point_in_order():
    """The last axis runs fastest, and conditions may name what is not varied."""
    found = grid(space(["fast=5:15:5", "slow=10,20"], ["fast < slow", "share < 1"]))

    assert [tuple(one.values()) for one in found] == [(5, 10), (5, 20), (10, 20), (15, 20)]
    assert texts({"a": 0.1, "b": True, "c": 3}) == {"a": "0.1", "b": "true", "c": "3"}


def test_the_file_declares_a_space():
    """Without --vary the file's SPACE and WHERE hold; a name alone takes its range from there."""
    module = {"SPACE": {"fast": range(5, 30, 5), "slow": "10:40:10"}, "WHERE": ("fast < slow",)}

    assert len(grid(space([], **module))) == 1 + 3 + 5 + 5
    assert [axis.name for axis in space(["slow"], **module).axes] == ["slow"]


@pytest.mark.parametrize(
    ("vary", "where", "said"),
    [
        (["fats=1:3"], [], "fast"),
        (["fast=1:3", "fast=5:6"], [], "more than once"),
        (["fast"], [], "no range"),
        ([], [], "Nothing is varied"),
        (["fast=1:3"], ["fats < 2"], "fast"),
    ],
)
def test_what_cannot_be_varied_is_refused(vary, where, said):
    """Names are checked, with the nearest one."""
    with pytest.raises(TradewindError, match=said):
        space(vary, where)


def test_chance_follows_the_seed():
    """The same seed draws the same different points, another seed others; all are allowed."""
    where = ["fast < slow"]
    for method in ("random", "lhs"):
        wide = space(["fast=1:100", "slow=1:100", "share=0.1:10:log"], where)
        first, again, other = (sample(wide, method, 50, seed) for seed in (1, 1, 2))

        assert first == again != other
        assert len({tuple(one.values()) for one in first}) == 50
        assert all(one["fast"] < one["slow"] and 0.1 <= one["share"] <= 10 for one in first)


def test_a_hypercube_meets_every_stratum_once():
    """Of 20 points on an axis of 20 values each value comes once, on every axis."""
    found = sample(space(["fast=1:20", "slow=1:20"]), "lhs", 20, 5)

    assert sorted(one["fast"] for one in found) == sorted(one["slow"] for one in found) == list(range(1, 21))


def test_a_logarithmic_axis_is_even_in_logarithms():
    """A third of the draws from 0.01 to 10 lies in each decade; whole numbers get both ends."""
    axis = axis_of("share", "0.01:10:log", float)
    decades = Counter(int(axis.at((k + 0.5) / 300) >= 0.1) + int(axis.at((k + 0.5) / 300) >= 1) for k in range(300))
    whole = axis_of("fast", "1:1000:log", int)

    assert set(decades.values()) == {100}
    assert (whole.at(0.0001), whole.at(0.9999)) == (1, 1000)


def test_a_small_space_ends():
    """Asked for more points than there are, chance gives all there are; impossible conditions are said."""
    assert len(sample(space(["fast=1:3"]), "random", 10, 1)) == 3
    with pytest.raises(TradewindError, match="conditions"):
        sample(space(["fast=1:3"], ["fast > 5"]), "random", 10, 1)
    with pytest.raises(TradewindError, match="no step"):
        grid(space(["share=0:1"]))
    assert isinstance(space(["fast=1:3"]).axes[0], Axis)
