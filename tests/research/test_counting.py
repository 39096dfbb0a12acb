"""What of a run is counted, under which name; and what is noted beside a run."""

from datetime import date

import numpy as np
import pytest

from tradewind.adapters.ledger import Entry, Trials
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.errors import TradewindError
from tradewind.research.counting import family_of, missing_from, returns_of
from tradewind.results.daily import DailyProfit
from tradewind.strategy import load

HANDLER = "\ndef on_m5(state, bar, memory, params):\n    pass\n"


def strategy(folder, text=""):
    path = folder / "third_try.py"
    path.write_text(text + HANDLER, encoding="utf-8")
    return load(path)


def test_a_family_is_what_the_file_calls_it_or_its_name(tmp_path):
    """A copy under a new name stays in the family its file names; made-up prices are a family of their own."""
    assert family_of(strategy(tmp_path), synthetic=False) == "third_try"
    assert family_of(strategy(tmp_path, 'FAMILY = "breakouts"'), synthetic=False) == "breakouts"
    assert family_of(strategy(tmp_path), synthetic=True) == "third_try (synthetic)"
    for wrong in ("FAMILY = 3", 'FAMILY = " "'):
        with pytest.raises(TradewindError, match="Write a name"):
            family_of(strategy(tmp_path, wrong), synthetic=False)


def profits(profit, initial=1000):
    """Return daily profits of the strategies a (two instruments) and b, from rows of three."""
    rows = np.array(profit, np.int64)
    equity = initial + np.cumsum(rows.sum(axis=1))
    days = [date(2025, 1, day) for day in range(1, len(rows) + 1)]
    pairs = [("a", "US30"), ("a", "XAUUSD"), ("b", "US30")]
    return DailyProfit(days, pairs, rows, np.zeros(len(rows), np.int64), equity, initial)


def test_returns_are_of_the_whole_account_and_of_what_each_strategy_added():
    """1000 gains 10 + 20 + 70 = 10 %, then loses 55 + 55 = 10 % of 1100, of which a lost 5 %."""
    found = profits([[10, 20, 70], [-25, -30, -55]])

    assert returns_of(found).tolist() == pytest.approx([0.1, -0.1])
    assert returns_of(found, "a").tolist() == pytest.approx([0.03, -0.05])
    assert returns_of(found, "b").tolist() == pytest.approx([0.07, -0.05])


def test_a_ruined_account_has_no_more_returns():
    """Once nothing is left, a day is 0."""
    found = profits([[-1200, 0, 0], [100, 0, 0]])

    assert returns_of(found).tolist() == pytest.approx([-1.2, 0.0])


def document(number, **more):
    return {"id": f"20260101-00000000{number}-aa", "created": "2026-01-01", "kind": "backtest", **more}


def test_a_run_without_a_place_in_a_ledger_proves_nothing(tmp_path):
    """No run, one of an older version, or one whose ledger failed gives no warning; one that was counted does."""
    store, runs = Trials(tmp_path), SqliteRuns(tmp_path)
    said = [missing_from(store, runs)]
    for number, honesty in enumerate(({}, {"honesty": {"error": "locked"}})):
        runs.save(document(number, **honesty), {})
        said.append(missing_from(store, runs))
    runs.save(document(2, honesty={"ledger": Entry(7, "f" * 64)._asdict()}), {})

    assert said == [None] * 3
    assert "lacks row 7" in missing_from(store, runs)


def test_notes_beside_a_run_only_grow(tmp_path):
    """Notes come back in order; a line that a kill cut short is left out, and unknown runs are refused."""
    runs = SqliteRuns(tmp_path)
    run = runs.save(document(1), {})
    for number in range(3):
        runs.append(run, "honesty", {"number": number})
    with (tmp_path / "runs" / run / "honesty.jsonl").open("ab") as file:
        file.write(b'{"number": 3')
    cut = runs.appended(run, "honesty")
    runs.append(run, "honesty", {"number": 4})

    assert [one["number"] for one in cut] == [0, 1, 2]
    assert [one["number"] for one in runs.appended(run, "honesty")] == [0, 1, 2, 4]
    assert runs.appended(run, "other") == []
    assert runs.get(run) == document(1)
    with pytest.raises(TradewindError):
        runs.append("20260101-000000009-bb", "honesty", {})
