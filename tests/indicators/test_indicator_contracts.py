"""The promises every indicator file keeps. The files are found: a new one without a case fails."""

import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import indicator_cases
import numpy as np
import pytest
from indicator_cases import CASES, MINUTE, SINGLE, inputs_of, subject, walk

from tradewind import indicators
from tradewind.kernel.compiled import JIT, compiled
from tradewind.kernel.records import record

PARTS = {"window", "median"}  # what indicators are made of; not exported
FILES = sorted({module.name for module in pkgutil.iter_modules(indicators.__path__)} - PARTS)
FUNCTIONS = sorted(name for name in indicators.__all__ if name.upper() in indicators.__all__ and name.islower())


def run(name, memory, rows):
    function, _ = subject(name)
    return [function(memory[0], *row, *CASES[name][1]) for row in rows]


@pytest.mark.parametrize("name", FILES)
def test_file(name):
    """A file names its source, and its record and function are exported."""
    module = importlib.import_module(f"tradewind.indicators.{name}")
    exported = {"HIGHEST", "LOWEST", "highest", "lowest"} if name == "extremes" else {name, name.upper()}

    assert "Source:" in module.__doc__
    assert exported <= set(indicators.__all__)
    assert all(getattr(indicators, entry) is getattr(module, entry) for entry in exported)


def test_every_indicator_has_a_case():
    """The table of cases holds every exported indicator and nothing else."""
    assert sorted(CASES) == FUNCTIONS
    assert len(FUNCTIONS) == len(FILES) + 1  # extremes holds two


@pytest.mark.parametrize("name", FUNCTIONS)
def test_shape(name):
    """A record begins with `seen` and `value`; a function is documented and takes at most six arguments."""
    function, dtype = subject(name)
    arguments = list(inspect.signature(getattr(function, "py_func", function)).parameters)

    assert dtype.names[:2] == ("seen", "value")
    assert dtype.type is np.record
    assert arguments[0] == "memory"
    assert len(arguments) <= 6
    assert function.__doc__.startswith("Return ")


@pytest.mark.parametrize("name", [name for name in indicators.__all__ if name.endswith("_record")])
def test_sized_record(name):
    """A sized record is made once per capacity, and the ready-made one is of the default capacity."""
    factory = getattr(indicators, name)
    default = {"swings": 16, "structure": 16, "spread_median": 20}.get(name.removesuffix("_record"), 256)

    assert factory(7) is factory(7)
    assert factory(7).itemsize < factory(8).itemsize
    assert factory(default) is getattr(indicators, name.removesuffix("_record").upper())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_stream(name):
    """From zero bytes on, answers are `memory.value` as floats, `seen` counts, inputs stay as they are."""
    frame = walk(400)
    rows = inputs_of(name, frame)
    _, dtype = subject(name)
    memory = np.zeros(1, dtype)
    answers = []
    for number, row in enumerate(rows, 1):
        answers += run(name, memory, [row])
        assert memory["seen"][0] == number
        np.testing.assert_array_equal(memory["value"][0], answers[-1])

    assert all(isinstance(answer, float) for answer in answers)
    assert np.isfinite(answers[-1])
    assert rows == inputs_of(name, walk(400))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_snapshot(name):
    """State carried as bytes over blocks of 1 to 60 bars is one run, byte for byte."""
    rows = inputs_of(name, walk(400))
    _, dtype = subject(name)
    whole = np.zeros(1, dtype)
    expected = run(name, whole, rows)
    snapshot, answers = bytes(dtype.itemsize), []
    sizes = np.random.default_rng(5).integers(1, 61, 400)
    for size in sizes:
        memory = np.frombuffer(bytearray(snapshot), dtype)
        answers += run(name, memory, rows[len(answers) : len(answers) + size])
        snapshot = memory.tobytes()

    assert snapshot == whole.tobytes()
    np.testing.assert_array_equal(answers, expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ticks_or_floats(name):
    """The same whole-number prices give the same bytes as integers and as floats."""
    rows = inputs_of(name, walk(150))
    prices = {"open", "high", "low", "close", "range", "spread"}
    floats = [
        [float(value) if column in prices else value for column, value in zip(CASES[name][0], row, strict=True)]
        for row in rows
    ]
    _, dtype = subject(name)
    first, second = np.zeros(1, dtype), np.zeros(1, dtype)
    run(name, first, rows)
    run(name, second, floats)

    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", SINGLE)
def test_nan_changes_nothing(name):
    """A NaN among the values returns NaN and leaves every byte as it was."""
    _, dtype = subject(name)
    memory = np.zeros(1, dtype)
    run(name, memory, [(float(value),) for (value,) in inputs_of(name, walk(60))])
    before = memory.tobytes()
    answers = run(name, memory, [(np.nan,)])

    assert np.isnan(answers).all()
    assert memory.tobytes() == before


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if f"{name}_record" in indicators.__all__])
def test_length_above_capacity(name):
    """A length beyond the capacity is refused with the name of the record to enlarge, and changes nothing."""
    function, dtype = subject(name)
    row = inputs_of(name, walk(1))[0]
    _, *rest = CASES[name][1]
    memory = np.zeros(1, dtype)

    with pytest.raises(ValueError, match=rf"^{'swings' if name == 'structure' else name}: .*_record"):
        function(memory[0], *row, 257, *rest)
    assert not any(memory.tobytes())


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if CASES[name][1] and name != "opening_range"])
def test_length_below_one(name):
    """A length of 0 is refused and changes nothing."""
    function, dtype = subject(name)
    row = inputs_of(name, walk(1))[0]
    _, *rest = CASES[name][1]
    memory = np.zeros(1, dtype)

    with pytest.raises(ValueError, match=r"must be [12] "):
        function(memory[0], *row, 0, *rest)
    assert not any(memory.tobytes())


def test_other_refusals():
    """A slope of one value, an empty window, a negative volume and a bucket outside the day are refused."""
    for function, dtype, arguments, words in (
        (indicators.slope, indicators.SLOPE, (5, 1), "2 to the capacity"),
        (indicators.opening_range, indicators.OPENING_RANGE, (5, 5, MINUTE, MINUTE, MINUTE), "later than"),
        (indicators.vwap, indicators.VWAP, (5, -1, 1), "negative"),
        (indicators.spread_median, indicators.SPREAD_MEDIAN, (5, 288, 1, 20), "0 to 287"),
        (indicators.spread_median, indicators.SPREAD_MEDIAN, (5, -1, 1, 20), "0 to 287"),
    ):
        with pytest.raises(ValueError, match=words):
            function(np.zeros(1, dtype)[0], *arguments)


@compiled
def on_bar(memory, close):
    """Return +1 while the fast average is above the slow one, else -1."""
    fast = indicators.ema(memory.fast, close, 5)
    slow = indicators.ema(memory.slow, close, 10)
    return 1 if fast > slow else -1


def test_inside_a_strategy():
    """Two averages in one strategy's memory, updated by its compiled handler, are the averages run alone."""
    memory = np.zeros(1, record([("fast", indicators.EMA), ("slow", indicators.EMA)]))
    alone = np.zeros(1, indicators.EMA)
    for close in walk(50)["close"]:
        on_bar(memory[0], close)
        indicators.ema(alone[0], close, 10)

    assert memory["slow"].tobytes() == alone.tobytes()


def test_the_same_bytes_compiled_and_not():
    """A process with the JIT the other way computes the same bytes of every indicator over 500 bars."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if JIT else "0"}
    command = [sys.executable, "-W", "error", str(Path(indicator_cases.__file__)), "500"]
    other = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    assert json.loads(other.stdout) == indicator_cases.digests(500)
