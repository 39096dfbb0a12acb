"""What a run's id and hashes promise."""

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import LOSER, PROVENANCE, START, WINNER, facts, logs, rows, run_of

from tradewind.errors import BadData
from tradewind.results.provenance import (
    code_digest,
    digest_of,
    environment,
    file_digest,
    logs_digest,
    plain,
    run_id,
)


def test_an_id_is_the_moment_and_the_hash():
    """2024-03-04 00:00:00.007 UTC."""
    assert run_id(START + 7_999_999, "9f3ac1d2e0ffff") == "20240304-000000007-9f3ac1d2e0"


@given(st.lists(st.integers(0, 2**62), min_size=2))
def test_ids_sort_by_time(moments):
    """To the millisecond."""
    ids = [run_id(moment, "0" * 64) for moment in sorted(moments)]
    assert ids == sorted(ids)


CHANGES = [
    {"code": "other"},
    {"strategies": {"pullback": "aa", "breakout": "bc"}},
    {"data": {"US30 60s": "d1", "XAUUSD 60s": "d3"}},
    {"spreads": {"US30 60s": "s1"}},
    {"profile": "f1"},
    {"parameters": {"pullback": {"fast": 11, "risk": 0.5}, "breakout": {}}},
    {"settings": {"costs": {"spread": 2.0}}},
    {"seed": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_whatever_can_change_a_result_changes_the_hash(change):
    assert replace(PROVENANCE, **change).content() != PROVENANCE.content()


def test_the_order_of_names_does_not_change_the_hash():
    turned = replace(PROVENANCE, data=dict(reversed(PROVENANCE.data.items())))
    assert turned.content() == PROVENANCE.content()
    assert PROVENANCE.content("period") != PROVENANCE.content()


def test_the_same_run_made_again_has_the_same_hash_under_another_id():
    first, _ = run_of()
    second, _ = run_of(created_ns=START + 10**9)
    assert first["hashes"] == second["hashes"]
    assert first["id"] != second["id"]
    assert first["id"].rpartition("-")[2] == second["id"].rpartition("-")[2]
    other, _ = run_of(facts(end=START + 1))
    assert other["hashes"]["content"] != first["hashes"]["content"]


def test_a_document_survives_json_and_says_what_was_run():
    run, _ = run_of(trades=rows("trades", WINNER, LOSER))
    assert json.loads(json.dumps(run, allow_nan=False)) == run
    assert run["from"], run["to"] == ("2024-03-04T00:00:00.000Z", "2024-03-05T00:00:00.000Z")
    assert run["account"] == {"currency": "USD", "balance": "100000.00"}
    assert run["parameters"]["pullback"] == {"fast": 10, "risk": 0.5}
    assert run["gates"] == {"pullback": ["trend", "depth", "spread"], "breakout": []}


def test_the_digest_of_logs_sees_every_byte():
    first, second = rows("trades", WINNER), rows("trades", {**WINNER, "fills": 3})
    assert logs_digest(logs(trades=first)) == logs_digest(logs(trades=first.copy()))
    assert logs_digest(logs(trades=first)) != logs_digest(logs(trades=second))


def test_the_digest_of_code_is_that_of_files_that_decide(tmp_path):
    """A test or a screen may change; the kernel may not."""
    (tmp_path / "kernel").mkdir()
    (tmp_path / "ui").mkdir()
    (tmp_path / "kernel" / "step.py").write_text("a")
    before = code_digest(tmp_path)
    (tmp_path / "ui" / "page.py").write_text("a")
    (tmp_path / "kernel" / "notes.pyc").write_text("a")
    assert code_digest(tmp_path) == before
    (tmp_path / "kernel" / "step.py").write_text("b")
    assert code_digest(tmp_path) != before
    assert len(code_digest()) == 64


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "profile.toml").write_bytes(b"")
    assert file_digest(tmp_path / "profile.toml").startswith("e3b0c44298fc1c14")  # SHA-256 of nothing
    with pytest.raises(BadData, match=r"missing\.toml cannot be read: No such file"):
        file_digest(tmp_path / "missing.toml")


def test_plain_values_are_those_of_json():
    value = {1: (Decimal("0.10"), Fraction(1, 3), Path("a/b"), np.float64(0.5), np.int64(3), None, True)}
    assert plain(value) == {"1": ["0.10", "1/3", "a/b", 0.5, 3, None, True]}
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_the_environment_names_what_calculated():
    assert set(environment()) == {"python", "platform", "tradewind", "numpy", "numba", "polars"}


def test_importing_results_is_cheap():
    """Polars and rich wait for the first frame and table; Numba is not needed at all."""
    script = (
        "import sys\n"
        "from tradewind.results import document, printing, provenance, summary, tables, why\n"
        "from tradewind.adapters import sqlite\n"
        "print(sorted({'polars', 'rich', 'numba', 'pydantic'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
