"""Where floors stood in a run, what its document says of its rules, and that a terminal shows both."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from results_cases import START, WINNER, facts, rows, run_of

from tradewind.results.printing import overview_table
from tradewind.results.risk_facts import actions_by_rule, counted, refusals_by_reason, risk_facts
from tradewind.results.risk_log import risk_table
from tradewind.results.risk_status import Samples, floor_statuses
from tradewind.risk.limits import Limits
from tradewind.risk.resolving import Account, load_rules


def moment(text):
    return int(datetime.fromisoformat(f"{text}+00:00").astimezone(UTC).timestamp()) * 1_000_000_000


def samples(*values):
    """Return samples of (moment, balance, equity, low), minor units."""
    columns = zip(*((moment(text), *amounts) for text, *amounts in values), strict=True)
    return Samples(*(np.array(column, np.int64) for column in columns))


def status(pack, name, seen, balance=10_000_000):
    limits = load_rules(pack, Account("USD", balance)).limits
    return next(one for one in floor_statuses(limits, seen) if one.rule.name == name)


def test_the_daily_base_is_what_prague_midnight_found():
    """In January midnight is 23:00Z: the balance then is the base, whatever floats; the first day has the capital."""
    seen = samples(
        ("2026-01-14T22:00", 10_100_000, 10_050_000, 10_040_000),
        ("2026-01-14T23:00", 10_200_000, 10_000_000, 9_900_000),
        ("2026-01-15T00:00", 10_200_000, 9_750_000, 9_700_000),
    )
    found = status("ftmo-2step", "ftmo-2step maximum daily loss", seen)

    assert (found.base, found.floor, found.headroom) == (10_200_000, 9_700_000, 50_000)
    assert (found.worst_headroom, found.worst_at) == (0, moment("2026-01-15T00:00"))
    assert status("ftmo-2step", "ftmo-2step maximum loss", seen).floor == 9_000_000


def test_the_evening_raises_the_one_step_floor():
    """8.12: 94,000 after an evening at 104,000, and still after 103,000; what floats inside the day does nothing."""
    seen = samples(
        ("2026-01-14T20:00", 10_900_000, 10_900_000, 10_900_000),
        ("2026-01-14T23:00", 10_400_000, 10_400_000, 10_400_000),
        ("2026-01-15T23:00", 10_300_000, 10_300_000, 10_300_000),
        ("2026-01-16T10:00", 10_300_000, 10_300_000, 10_300_000),
    )

    assert status("ftmo-1step", "ftmo-1step maximum loss", seen).floor == 9_400_000


def test_a_peak_of_equity_raises_the_floor_for_good():
    """Apex-like 50k: 51,000 floating gives 48,500; the floor stops at 50,100."""
    first = ("2026-01-14T20:00", 5_000_000, 5_100_000, 5_000_000)
    seen = samples(first, ("2026-01-14T21:00", 5_000_000, 4_900_000, 4_840_000))
    high = samples(first, ("2026-01-14T21:00", 5_000_000, 5_600_000, 5_000_000), ("2026-01-14T22:00", *[5_000_000] * 3))
    found = status("apex-like", "apex-like trailing threshold", seen, 5_000_000)

    assert (found.floor, found.headroom, found.worst_headroom) == (4_850_000, 50_000, -10_000)
    assert status("apex-like", "apex-like trailing threshold", high, 5_000_000).floor == 5_010_000


def test_the_week_begins_on_sunday_evening_in_new_york():
    """The house's week is that of trading dates: Monday's begins at 17:00 New York on Sunday, 22:00Z in January."""
    seen = samples(
        ("2026-01-16T20:00", 10_100_000, 10_100_000, 10_100_000),
        ("2026-01-18T22:00", 10_150_000, 10_150_000, 10_150_000),
        ("2026-01-20T23:00", 10_500_000, 10_500_000, 10_500_000),
    )

    assert status("house", "weekly loss", seen).base == 10_150_000


def test_no_samples_no_floors():
    limits = load_rules("house", Account("USD", 10_000_000)).limits

    assert floor_statuses(limits, Samples(*[np.zeros(0, np.int64)] * 4)) == []


REFUSALS = pl.DataFrame({"reason": ["stop too close", "market closed", "stop too close"], "count": [2, 3, 4]})
ACTIONS = pl.DataFrame({"rule": ["R7", "R7", "R1", "R7"], "action": ["flatten", "refuse", "reduce", "flatten"]})


def test_the_log_of_the_gate_becomes_a_table():
    """A floor broken and an order made smaller: rule, floor, action and whom it concerned, in words."""
    limits = load_rules("house", Account("USD", 10_000_000)).limits
    run = facts(risk=risk_facts(limits))
    log = rows(
        "risk",
        {"ts": START, "rule": 72, "action": 4, "value": 9_740_000, "limit": 9_750_000, "strategy": -1, "instrument": -1,
         "loss_rule": 1},
        {"ts": START, "rule": 98, "action": 2, "value": 10, "limit": 6, "strategy": 1, "instrument": 1,
         "loss_rule": -1},
    )  # fmt: skip
    broken, reduced = risk_table(log, run).to_dicts()

    assert (broken["rule"], broken["floor"], broken["action"]) == ("daily hard loss", "daily hard loss", "flatten")
    assert (broken["strategy"], broken["symbol"]) == (None, None)
    assert (reduced["rule"], reduced["floor"], reduced["action"]) == ("risk per trade", None, "reduce")
    assert (reduced["strategy"], reduced["symbol"], reduced["value"]) == ("breakout", "XAUUSD", 0.1)
    assert (broken["value"], broken["limit"], broken["unit"]) == (97_400.0, 97_500.0, "USD")
    assert reduced["unit"] == "lots"


def test_what_rules_did_is_counted():
    assert refusals_by_reason(REFUSALS) == {"stop too close": 6, "market closed": 3}
    assert actions_by_rule(ACTIONS) == {"R7: flatten": 2, "R1: reduce": 1}


def shown(table):
    from rich.console import Console  # noqa: PLC0415  only these tests print

    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


@pytest.mark.parametrize(
    ("limits", "lines"),
    [
        (None, ["no risk rules"]),
        ("house", ["house, version 1, ", "Refused: stop too close", "R7: flatten", "K3"]),
    ],
)
def test_a_run_says_under_which_rules_it_ran(limits, lines):
    """The summary names the rules with version and hash and counts what they did, or says that there were none."""
    found = load_rules(limits, Account("USD", 10_000_000)).limits if limits else None
    said = counted(risk_facts(found, 3), {"refusals": REFUSALS, "risk": ACTIONS})
    run, _ = run_of(facts(risk=said), trades=rows("trades", WINNER))
    text = shown(overview_table(run))

    assert all(line in text for line in lines)
    if found is not None:
        assert Limits.from_tree(run["risk"]["limits"]) == found
        assert run["risk"]["hash"] == f"{found.digest:016x}"


def test_runs_of_old_say_nothing_of_rules():
    run, _ = run_of(trades=rows("trades", WINNER))

    assert START
    assert "risk rules" not in shown(overview_table(run)).lower()
