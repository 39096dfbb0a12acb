"""Tightening holds at once, loosening waits: field by field, and for whole sets of limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import BadSettings
from tradewind.risk.changes import changes, is_loosened, loosened, tightened, tighter
from tradewind.risk.controls import CONTROLS, NEITHER
from tradewind.risk.file import read_document
from tradewind.risk.limits import OFF, Limits
from tradewind.risk.resolving import Account, resolve

DOLLARS = Account("USD", 10_000_000)


def limits(text="") -> Limits:
    return resolve(read_document('name = "mine"\npacks = ["house"]\n' + text, "my.toml"), DOLLARS).limits


OLD = limits()


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ('[exposure]\nrisk_per_trade = "0.4 %"', []),
        ('[exposure]\nrisk_per_trade = "0.6 %"', ["risk_per_trade"]),
        ('[exposure]\nrisk_per_trade = "off"', ["risk_per_trade"]),
        ("[times]\nlast_entry_minutes = 30", []),
        ("[exposure]\nkappa = 1.2", ["kappa"]),
        ("[exposure]\nkappa = 1.5", []),
        ("[losses]\nloss_counts_below = -0.5", ["loss_counts_below"]),
        ("[losses]\nloss_counts_below = -0.1", []),
        ('[times]\nday_types = ["full", "thin"]', ["day_types"]),
        ('[exposure]\ngroup_method = "correlation"', ["group_method"]),
        ('[times]\nflat_minute = "16:59"', ["flat_minute"]),
        ('[protection]\nstop_required = "off"', ["stop_required"]),
        ("[orders]\norder_lots_cap = 5", []),
        ('[[loss_rules]]\nname = "daily hard loss"\namount = "2 %"', []),
        ('[[loss_rules]]\nname = "daily hard loss"\namount = "2.6 %"', ["loss_rules.daily hard loss"]),
        ('[[loss_rules]]\nname = "daily hard loss"\nclock = "prop"', ["loss_rules.daily hard loss"]),
        ('[[loss_rules]]\nname = "weekly loss"\namount = "off"', ["loss_rules.weekly loss"]),
        ('[[loss_rules]]\nname = "new"\namount = 2000\nseverity = "halt"', []),
        ('[groups.METALS]\nlimit = "0.5 %"', []),
        ('[groups.METALS]\nlimit = "1.2 %"', ["groups.METALS"]),
        ("[groups.METALS]\nmembers = {XAUUSD = 1}", ["groups.METALS"]),
        ("[instruments.US30]\nposition_lots_cap = 5", []),
    ],
)  # fmt: skip
def test_what_waits_for_the_next_day(text, waits):
    """Going there, what is looser waits; a change that is not looser is in force at once."""
    new = limits(text)

    assert [change.name for change in loosened(OLD, new)] == waits
    assert changes(OLD, new)
    if not waits:
        now = tightened(OLD, new)
        assert now._replace(digest=0) == new._replace(digest=0, clocks=now.clocks, loss_rules=now.loss_rules)
        assert set(now.loss_rules) == set(new.loss_rules)


def test_the_same_limits_change_nothing():
    assert changes(OLD, OLD) == []
    assert tightened(OLD, OLD) == OLD


def test_at_once_of_each_limit_the_tighter():
    """One limit is tightened and another loosened: the first holds now, the second keeps its old value until then."""
    now = tightened(OLD, limits('[exposure]\nrisk_per_trade = "0.4 %"\nopen_risk = "3 %"'))

    assert (now.risk_per_trade, now.open_risk) == (0.004, 0.02)


def test_a_rule_that_was_taken_out_stays_with_its_clock():
    text = (
        '[[loss_rules]]\nname = "{}"\namount = 2000\nseverity = "halt"\nresets = "day"\nclock = "{}"\nbase = "equity"'
    )
    old = limits(text.format("a", "06:00 Asia/Tokyo"))
    now = tightened(old, limits(text.format("b", "07:00 Europe/London")))
    clocks = {one.name: now.clocks[one.clock].zone for one in now.loss_rules if one.name in ("a", "b")}

    assert clocks == {"a": "Asia/Tokyo", "b": "Europe/London"}


def test_a_cap_that_was_taken_out_stays():
    old = limits("[instruments.US30]\nposition_lots_cap = 5")
    now = tightened(old, OLD)

    assert now.caps[0].position_lots_cap == 5


def test_an_account_does_not_change_while_it_runs():
    other = resolve(read_document('name = "mine"\npacks = ["house"]\n', "my.toml"), Account("USD", 5_000_000)).limits
    with pytest.raises(BadSettings, match="capital"):
        changes(OLD, other)


VALUES = st.one_of(st.just(OFF), st.floats(0.01, 100))


@given(st.sampled_from([one for one in CONTROLS.values() if one.tighter != NEITHER and one.can_be_off]), VALUES, VALUES)
def test_tighter_is_an_order(control, first, second):
    """The tighter of two is one of them, whichever comes first, and going to it is never loosening."""
    found = tighter(control, first, second)

    assert found in (first, second)
    assert found == tighter(control, second, first)
    assert not is_loosened(control, first, found)
    assert is_loosened(control, first, second) == (found != second)


@given(st.sampled_from(sorted(CONTROLS)), st.data())
def test_tightened_never_loosens(name, data):
    """Whatever is changed, what is in force at once lets nothing through that the old limits did not."""
    control = CONTROLS[name]
    if control.unit in ("day types", "method"):
        value = data.draw(st.integers(1, 15) if control.unit == "day types" else st.integers(0, 1))
    else:
        value = data.draw(st.floats(max(control.low, -5), min(control.high, 1e6)))
    now = tightened(OLD, OLD._replace(**{name: value}))

    assert loosened(OLD, now) == []
