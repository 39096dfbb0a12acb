"""What a certificate says besides leak and causal, and what keeps it honest."""

import json
import subprocess
import sys

import numpy as np
import pytest
from zoo_market import FOLDER, market

from tradewind.errors import TradewindError
from tradewind.research.causality import outside, poison
from tradewind.research.causality.certificate import certify, kept
from tradewind.research.causality.compare import unequal
from tradewind.research.causality.fresh import Fresh
from tradewind.research.causality.moments import EDGES, rows_to_try
from tradewind.research.causality.warmup import settling_of_columns
from tradewind.results.printing_certificate import broken_text, verdict_text


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Give the folder of the market, and a function that certifies a text as a file."""
    folder = tmp_path_factory.mktemp("certificate")
    history, request = market(folder)
    with Fresh() as fresh:

        def judge(text, **options):
            path = folder / "subject.py"
            path.write_text(text, encoding="utf-8")
            return certify(str(path), request, history, fresh=fresh, points=6, **options)

        yield folder, judge


def test_chance_without_a_seed_is_no_leak(zoo):
    """Two runs that differ are called not deterministic, for numpy's old generator and for its new one."""
    _, judge = zoo
    for words in ("np.random.normal(size=len(bars))", "np.random.default_rng().normal(size=len(bars))"):
        document = judge(f"import numpy as np\n\n\ndef signals(bars):\n    return {words}\n")

        assert document["verdict"] == "not deterministic"
        assert document["tests"] == []


def test_what_cannot_be_cut_is_not_proven(zoo):
    """A function that reads an array from disk may be clean, and nobody can know."""
    folder, judge = zoo
    np.save(folder / "weights.npy", np.ones(3))
    document = judge(
        f'import numpy as np\n\nW = np.load("{folder / "weights.npy"}")\n\n\n'
        "def signals(bars):\n    return bars.close * W[0]\n"
    )

    assert document["verdict"] == "not proven"
    assert "weights.npy" in document["warnings"][0]


def test_a_break_names_decision_moment_and_row(zoo):
    """A shift by minus three is seen three bars ahead, on the tape."""
    _, judge = zoo
    document = judge("def signals(bars):\n    return bars.close.shift(-3)\n")
    broke = document["tests"][0]["broke"]

    assert document["verdict"] == "leak"
    assert (broke["seen_in"], broke["ahead"]) == ("the tape", 3)
    assert "3 bars ahead" in broken_text(broke)
    assert verdict_text(document).startswith("LEAK")


def test_noise_is_no_leak(zoo):
    """Numbers that differ in the sixteenth digit for arrays of another length are the same."""
    _, judge = zoo
    noisy = "import numpy as np\n\n\ndef signals(bars):\n    return bars.close * (1 + 1e-13 * np.sin(len(bars)))\n"
    loud = noisy.replace("1e-13", "1e-7")

    assert judge(noisy)["verdict"] == "causal"
    assert judge(loud)["verdict"] == "leak"


def test_a_file_that_does_not_run_is_one_sentence(zoo):
    """There is nothing to certify, and the line is named."""
    _, judge = zoo
    with pytest.raises(TradewindError, match=r"subject.py:2: AttributeError"):
        judge("def signals(bars):\n    return bars.clse\n")
    with pytest.raises(TradewindError, match="neither a handler"):
        judge("x = 1\n")
    with pytest.raises(TradewindError, match="no times to join them by"):
        judge("def signals(bars):\n    return bars.close.to_numpy()[5:]\n")


def test_the_same_says_the_same(zoo):
    """The hash of a certificate does not depend on when and how fast it was made."""
    _, judge = zoo
    text = "def signals(bars):\n    return bars.close.rolling(3).mean()\n"

    assert judge(text)["hash"] == judge(text)["hash"]


def test_warm_up_tells_a_memory_that_fades_from_one_that_does_not():
    """An average forgets where it began, a sum does not."""
    draw = np.random.default_rng(1).normal(size=800)

    def average(values):
        level, told = values[0], []
        for value in values:
            level += (value - level) / 10
            told.append(level)
        return {"a": np.array(told)}

    starts = (40, 200)
    fading = settling_of_columns(average(draw), [(one, average(draw[one:])) for one in starts])
    total = settling_of_columns({"a": draw.cumsum()}, [(one, {"a": draw[one:].cumsum()}) for one in starts])

    assert fading.bars is not None
    assert 80 < fading.bars < 250
    assert not fading.finding
    assert total.finding


@pytest.mark.parametrize("kind", poison.KINDS)
def test_another_future_is_made_of_valid_bars(kind):
    """Highs are highest, lows lowest, prices positive; the past is untouched, the future is not."""
    draw = np.random.default_rng(2)
    close = 100 + draw.normal(size=300).cumsum() * 0.1
    opens = np.concatenate([[100.0], close[:-1]])
    bars = {
        "open": opens,
        "high": np.maximum(opens, close) + 0.1,
        "low": np.minimum(opens, close) - 0.1,
        "close": close,
    }
    after = np.arange(300) > 200
    made = poison.poisoned(bars, after, kind, 1)

    assert (made["high"] >= np.maximum(made["open"], made["close"])).all()
    assert (made["low"] <= np.minimum(made["open"], made["close"])).all()
    assert (made["low"] > 0).all()
    assert all((made[name][:201] == bars[name][:201]).all() for name in bars)
    assert (made["close"][201:] != bars["close"][201:]).mean() > 0.9


def test_moments_stand_beside_every_edge():
    """Among the moments tried are rows that end an interval of every timeframe, and none without a future."""
    closes = 1_750_000_200_000_000_000 + np.arange(3000, dtype=np.int64) * 300_000_000_000
    rows = rows_to_try(closes, 60)

    assert max(rows) < len(closes) - 1
    for length in EDGES:
        crossed = np.flatnonzero(np.diff(closes // length) > 0)
        assert np.min(np.abs(np.subtract.outer(crossed, np.array(rows)))) <= 1


def test_numbers_and_words_are_compared_as_such():
    """Nothing equals nothing, a billionth is nothing, a word is itself."""
    one = np.array([1.0, np.nan, 5.0, np.inf, 0.0])
    other = np.array([1.0 + 1e-12, np.nan, 5.1, np.inf, 1e-12])

    assert unequal(one, other).tolist() == [False, False, True, False, False]
    assert unequal(np.array(["a", "b"]), np.array(["a", "c"])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "rows", "reading"),
    [
        ("bars.csv", "time,open,high,low,close\n{},1,2,0,1\n{},1,2,0,1\n{},1,2,0,1\n", "open"),
        ("values.csv", "time,value\n{},1\n{},2\n{},3\n", "close"),
        ("closed.csv", "close_time,open,high,low,close\n{},1,2,0,1\n{},1,2,0,1\n{},1,2,0,1\n", "close"),
    ],
)
def test_stamps_of_a_file_are_read_as_people_mean_them(tmp_path, name, rows, reading):
    """Bars are stamped with their opens, values with when they were known, unless the name says otherwise."""
    stamps = [f"2025-06-02 {hour:02d}:00:00" for hour in (9, 10, 11)]
    (tmp_path / name).write_text(rows.format(*stamps), encoding="utf-8")
    table = outside.read_table(tmp_path / name, None)

    assert table.reading == reading
    assert (table.known - table.stamps).tolist() == [3600 * 10**9 if reading == "open" else 0] * 3


def test_the_command_ends_with_one_for_a_leak_and_keeps_what_it_found(zoo, tmp_path):
    """Exit code 0 and 1, a printed table or JSON, and the certificate found again by the file's hash."""
    folder, _ = zoo
    code = "from tradewind.cli import main; main()"
    tail = ("--on", "XAUUSD", "--bar", "M15", "--points", "6", "--data", str(folder))

    def run(*words):
        return subprocess.run(
            [sys.executable, "-c", code, "certify", *words, *tail],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    leak, clean = FOLDER / "leaks" / "negative_shift.py", FOLDER / "clean" / "positive_shift.py"
    bad, good = run(f"{leak}:signals"), run(str(clean), "--json")

    assert (bad.returncode, good.returncode) == (1, 0)
    assert "LEAK" in bad.stdout
    assert "prefix replay" in bad.stdout
    assert json.loads(good.stdout)["verdict"] == "causal"
    assert kept(folder, leak)["verdict"] == "leak"
    assert kept(folder, FOLDER / "clean" / "rolling_mean.py") is None
