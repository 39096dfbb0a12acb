"""What every store of runs promises, whatever it is made of."""

import json
import string

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres_servers import execute

from tradewind.adapters.memory_runs import MemoryRuns
from tradewind.adapters.postgres.runs import PostgresRuns
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.errors import TradewindError, UnknownName

EARLY, MIDDLE, LATE = (
    "20240304-000000000-aaaa1111",
    "20240304-000000001-bbbb2222",
    "20240401-000000000-aabb3333",
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def runs(request, tmp_path):
    if request.param == "postgresql":
        address = request.getfixturevalue("address")
        execute(address, "TRUNCATE analytics.runs CASCADE")
        return PostgresRuns(address)
    return MemoryRuns() if request.param == "memory" else SqliteRuns(tmp_path / "store")


def document(run, **more):
    return {"id": run, "created": "2024-03-04T00:00:00.000Z", "kind": "backtest", **more}


def frame(*values):
    return pl.DataFrame({"net": pl.Series(values, dtype=pl.Float64), "when": pl.Series([0] * len(values)).cast(TIME)})


TIME = pl.Datetime("ns", "UTC")


def filled(runs):
    for run in (MIDDLE, LATE, EARLY):
        runs.save(document(run), {"trades": frame(1.5, -2.25)})
    return runs


def test_what_was_saved_comes_back(runs):
    run = document(EARLY, parameters={"a": {"fast": 10, "share": 0.1}}, strategies=["a"], nothing=None, yes=True)
    trades, empty = frame(1.5, -2.25), frame()
    assert runs.save(run, {"trades": trades, "orders": empty}) == EARLY
    assert runs.get(EARLY) == run
    assert runs.table(EARLY, "trades").equals(trades)
    assert runs.table(EARLY, "orders").schema == empty.schema


def test_runs_are_listed_newest_first(runs):
    assert list(runs.list()) == []
    assert [run["id"] for run in filled(runs).list()] == [LATE, MIDDLE, EARLY]


def test_saving_the_same_run_again_changes_nothing(runs):
    filled(runs)
    assert runs.save(document(EARLY), {"trades": frame(1.5, -2.25)}) == EARLY
    assert len(list(runs.list())) == 3


def test_another_run_does_not_take_the_id_of_one(runs):
    filled(runs)
    with pytest.raises(TradewindError, match=f"Another run with the id {EARLY} is stored already"):
        runs.save(document(EARLY, seed=1), {})
    assert runs.get(EARLY) == document(EARLY)
    assert runs.table(EARLY, "trades").equals(frame(1.5, -2.25))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("latest", LATE),
        (MIDDLE, MIDDLE),
        ("20240401", LATE),
        ("20240304-000000001", MIDDLE),
        ("b", MIDDLE),
        ("aabb", LATE),
    ],
)
def test_a_run_is_found_by_the_beginning_of_its_moment_or_its_hash(runs, wanted, found):
    assert filled(runs).find(wanted) == found


def test_the_latest_is_one_with_a_summary(runs):
    """A walk-forward is found by its id, but what people ask of the latest run it cannot answer."""
    newer = "20250101-000000000-c0ffee0000"
    filled(runs).save(document(newer) | {"summary": None}, {})

    assert runs.find("latest") == LATE
    assert runs.find("20250101") == newer


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("2024", f"could be any of 3 runs. Say more of: {LATE}, {MIDDLE}, {EARLY}."),
        ("aa", f"could be any of 2 runs. Say more of: {LATE}, {EARLY}."),
        ("20240304-000000000-aaaa1112", f"Did you mean '{EARLY}'?"),
        ("zebra", f"There is no run 'zebra'. The newest is {LATE}."),
        ("", f"There is no run ''. The newest is {LATE}."),
    ],
)
def test_a_run_that_is_not_found_is_answered_with_what_there_is(runs, wanted, words):
    with pytest.raises(TradewindError) as caught:
        filled(runs).find(wanted)
    assert words in str(caught.value)


@pytest.mark.parametrize("ask", ["find", "get"])
def test_an_empty_store_says_how_to_make_a_run(runs, ask):
    with pytest.raises(TradewindError, match=r"none is stored yet\. Make one with `tradewind backtest`"):
        getattr(runs, ask)("latest")


def test_unknown_runs_and_tables_are_refused(runs):
    filled(runs)
    with pytest.raises(TradewindError, match="There is no run 'x'"):
        runs.table("x", "trades")
    with pytest.raises(UnknownName, match=r"There is no table of run .* named 'trade'\. Did you mean 'trades'"):
        runs.table(EARLY, "trade")


@pytest.mark.parametrize("run", ["", "../escape", "a/b", "a b", ".hidden", 7, None, "ü"])
def test_an_id_that_could_not_name_a_folder_is_refused(runs, run):
    with pytest.raises(TradewindError, match="cannot be the id of a run"):
        runs.save(document(run), {})
    assert list(runs.list()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), (1, 2), {1: 2}])
def test_what_json_cannot_carry_is_refused(runs, value):
    with pytest.raises(TradewindError, match=rf"(?i)run {EARLY} "):
        runs.save(document(EARLY, value=value), {})
    assert list(runs.list()) == []


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
IDS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(run=IDS, value=PLAIN)
def test_any_plain_document_comes_back_as_it_was(runs, run, value):
    """One store for all examples: an id may come twice, and then only the same document may."""
    wanted = document(run, value=value)
    stored = {one["id"]: one for one in runs.list()}
    if run in stored and stored[run] != wanted:
        with pytest.raises(TradewindError, match="Another run"):
            runs.save(wanted, {})
    else:
        runs.save(wanted, {})
        assert runs.get(run) == wanted
        assert json.loads(json.dumps(runs.get(run))) == wanted


def test_a_document_given_out_can_be_changed_without_harm(runs):
    filled(runs)
    runs.get(EARLY)["kind"] = "spoilt"
    next(iter(runs.list()))["kind"] = "spoilt"
    assert {run["kind"] for run in runs.list()} == {"backtest"}
