"""Each thing that must hold for trading is red by itself, and silence proves nothing."""

import math

import pytest

from tradewind.live.checks import Evidence, tradable
from tradewind.live.gauges import usage
from tradewind.risk.resolving import Account, load_rules

STATUS = {"kill": 0, "unknown": 0, "positions": [], "reasons": {}, "clock_skew": 0, "risk": {"limits": 7}}
WELL = Evidence(
    status=STATUS, beat_age=0.5, asked=0, lease_left=9.0, compared_age=20.0, differences=0, proof_age=1.0,
    clock_age=30.0, open=True, silent=(), journal_age=0.2, commit_s=0.002, watchdog_age=1.0, watched=True,
    broker=True, trades=True,
)  # fmt: skip
TAPE = WELL._replace(
    lease_left=None, compared_age=None, proof_age=None, clock_age=None, journal_age=60.0, watchdog_age=None,
    watched=False, broker=False, trades=False,
)  # fmt: skip
BARE = {"strategy": "opening_range", "symbol": "US30", "stops": []}


def red(seen: Evidence) -> list[str]:
    return [one.name for one in tradable(seen) if not one.ok]


@pytest.mark.parametrize("seen", [WELL, TAPE], ids=["broker", "tape"])
def test_where_all_is_well_nothing_is_red(seen: Evidence):
    assert red(seen) == []


def told(**changed: object) -> dict:
    return {**STATUS, **changed}


CAUSES = {
    "no heartbeat": ({"beat_age": None}, "heartbeat"),
    "an old heartbeat": ({"beat_age": 5.01}, "heartbeat"),
    "no lease": ({"lease_left": None}, "lease"),
    "a lease that has run out": ({"lease_left": 0.0}, "lease"),
    "killed by file": ({"asked": 1}, "kill off"),
    "killed in the account": ({"status": told(kill=2)}, "kill off"),
    "never compared": ({"compared_age": None}, "reconciliation"),
    "compared long ago": ({"compared_age": 120.5}, "reconciliation"),
    "a difference": ({"differences": 1}, "reconciliation"),
    "no sign of the broker": ({"proof_age": None}, "broker"),
    "an old sign of the broker": ({"proof_age": 20.1}, "broker"),
    "an older one while closed": ({"proof_age": 120.1, "open": False}, "broker"),
    "clocks never compared": ({"clock_age": None}, "clock"),
    "clocks compared long ago": ({"clock_age": 181.0}, "clock"),
    "a clock that is wrong": ({"status": told(reasons={"clock suspect US30": ""})}, "clock"),
    "a silent feed": ({"silent": ("US30",)}, "data"),
    "no limits": ({"status": told(risk={"limits": 0})}, "limits"),
    "a journal that took nothing": ({"journal_age": None}, "journal"),
    "a slow disk": ({"commit_s": 1.2}, "journal"),
    "no watchdog": ({"watchdog_age": None}, "watchdog"),
    "a silent watchdog": ({"watchdog_age": 5.1}, "watchdog"),
    "an order of unknown outcome": ({"status": told(unknown=1)}, "outcomes"),
    "a position without a stop": ({"status": told(positions=[BARE])}, "stops"),
    "held by something else": ({"status": told(reasons={"stopping US30": ""})}, "entries"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_makes_its_check_red(cause: str):
    changed, name = CAUSES[cause]
    found = red(WELL._replace(**changed))

    assert name in found
    assert set(found) <= {name, "entries"}


def test_nothing_known_is_red_all_over():
    nothing = WELL._replace(
        status={}, beat_age=None, lease_left=None, compared_age=None, proof_age=None, clock_age=None, journal_age=None,
        commit_s=None, watchdog_age=None,
    )  # fmt: skip

    assert {one.name for one in tradable(nothing) if one.ok} == {"kill off", "data"}


def test_a_check_says_what_is_known_and_what_is_allowed():
    found = {one.name: one for one in tradable(WELL._replace(proof_age=21.0))}

    assert (found["broker"].age_s, found["broker"].limit) == (21.0, 20.0)
    assert all(one.says.endswith(".") for one in found.values())


@pytest.mark.parametrize(("lost", "share"), [(0, 0.0), (50_000, 0.25), (200_000, 1.0), (-1, 0.0)])
def test_how_much_of_the_daily_loss_is_used(lost: int, share: float):
    """The house's hard daily rule: 2 % of 100,000.00 is 2,000.00 (domain 5.4)."""
    limits = load_rules("house", Account("USD", 10_000_000)).limits
    daily = next(one for one in limits.loss_rules if one.control == "R7" or "daily" in one.name)
    floor = {"measured_from": 10_000_000, "highest": 10_000_000, "floor": 9_800_000, "breached": 0}
    status = {"equity": 10_000_000 - lost, "risk": {"floors": {daily.name: floor}}}
    found = usage(limits, status)

    assert math.isclose(found[daily.name], share)
    assert math.isclose(found["daily_loss"], share)
