"""A risk file: what it comes down to, where each limit is from, and what is said when it is wrong."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from tradewind.errors import BadSettings, TradewindError, UnknownName
from tradewind.risk.controls import CONTROLS
from tradewind.risk.digest import digest
from tradewind.risk.file import PACKS, load_document, read_document
from tradewind.risk.limits import (
    HALT,
    LATCH,
    NO_ENTRIES,
    OFF,
    PROP,
    TERMINATE,
    Limits,
    LossRule,
    ResetClock,
)
from tradewind.risk.resolving import Account, load_rules, resolve
from tradewind.risk.units import FORMS, read, shown

DOLLARS = Account("USD", 10_000_000)
SIZES = {"topstep": 5_000_000, "topstep-fx-legacy": 300_000, "apex-like": 5_000_000}


def rules(text, account=DOLLARS):
    """Return what the text of a file comes down to."""
    return resolve(read_document(text, "my.toml"), account)


def rule(found, name) -> LossRule:
    return next(one for one in found.limits.loss_rules if one.name == name)


HOUSE = 'name = "mine"\npacks = ["house"]\n'

X = 'name = "x"\n'

WRONG = [
    (X + "[exposure]\nrisk_per_trad = 1", "my.toml:3:1: There is no 'risk_per_trad' here. Did you mean 'risk_per"),
    (X + "[exposur]\n", "my.toml:2:1: There is no 'exposur' here. Did you mean 'exposure'?"),
    (X + "[exposure]\n  risk_per_trade = 0", "my.toml:3:3: risk_per_trade = 0: 0 does not switch a limit off"),
    (X + '[exposure]\nrisk_per_trade = "0 %"', "0 does not switch a limit off"),
    (X + '[exposure]\nrisk_per_trade = "60 %"', 'my.toml:3:1: risk_per_trade = "60 %" is out of range. Give a share'),
    (X + "[exposure]\nrisk_per_trade = 50", 'write "50 %" for per cent'),
    (X + "[exposure]\nrisk_per_trade = true", 'it must be a share such as "0.5 %"'),
    (X + '[exposure]\nkappa = "off"', "it cannot be switched off"),
    (X + "[exposure]\nkappa = 0.5", "kappa = 0.5 is out of range"),
    (X + '[exposure]\nkappa = "Off"', 'write it as "off"'),
    (X + '[times]\nopen_risk = "2 %"', "my.toml:3:1: open_risk does not stand here. Move it to [exposure]."),
    (X + 'open_risk = "2 %"', "It stands in [exposure]"),
    (X + '[times]\nflat_minute = "25:00"', 'it must be a New York time such as "16:55"'),
    (X + '[times]\nday_types = ["ful"]', "Did you mean 'full'?"),
    (X + "[trades]\ntrades_per_day = 1.5", "it must be a whole number"),
    (X + '[losses]\ncool_down_minutes = "2 days"', 'whole minutes such as 120 or "2 h"'),
    (X + "[losses]\nloss_counts_below = 0.25", "out of range"),
    (X + '[protection]\nstop_required = "yes"', 'it must be true or "off"'),
    (X + '[exposure]\ngroup_method = "sums"', "one of sides, correlation"),
    (X + '[[loss_rules]]\nname = "a"\namount = -5', "my.toml:4:1: amount = -5: it is written without a minus"),
    (X + '[[loss_rules]]\nname = "a"\namount = 0.05', 'write the share as "5 %"'),
    (X + '[[loss_rules]]\namount = "5 %"', "my.toml:2:1: name is missing"),
    (X + '[[loss_rules]]\nname = "a"\nbase = "balanc"', "my.toml:4:1: base = \"balanc\": input should be 'initial'"),
    (X + '[groups.G]\nlimit = "1 %"\nmembers = {US30 = 9}', "members.US30 = 9"),
    (X + "[objectives]\nminimum_day = 4", "Did you mean 'minimum_days'?"),
    (X + "exposure = 3", "exposure is a table"),
    ('name = "x\n', "line 1, column 10"),
    ("version = 2", "name is missing"),
    (HOUSE + 'phase = "challeng"', "phase of these packs named 'challeng'"),
    (X + 'packs = ["house", "ftmo"]', "my.toml:2:19: There is no risk pack named 'ftmo'"),
    (X + 'packs = ["house", "topstep"]\ncapital = 70000', "my.toml:3:1: topstep has no account of 70,000.00"),
    (HOUSE + '[[loss_rules]]\nname = "new"\namount = 500', "my.toml:3:1: Rule 'new' is new and lacks its severity"),
    (HOUSE + '[[loss_rules]]\nname = "new"\namount = "off"', "There is no loss rule named 'new'"),
    (
        HOUSE + '[[loss_rules]]\nname = "new"\namount = 500\nseverity = "halt"\nclock = "00:00 Europe/Prag"',
        "There is no time zone named 'Europe/Prag'. Did you mean 'Europe/Prague'?",
    ),
    (HOUSE + '[[loss_rules]]\nname = "n"\namount = 500\nseverity = "halt"\nclock = "noon"', "'noon' is no day clock"),
    (HOUSE + '[groups.NEW]\nlimit = "1 %"', "my.toml:3:1: Group NEW lacks its members"),
    (HOUSE + '[exposure]\nsource = "book"', "There is no source 'book'"),
    ('name = "x"', "there is no stop policy"),
    (X + "[protection]\nstop_required = true", "are not stated. Take them from a pack"),
]  # fmt: skip

CONTRADICTIONS = [
    ('[exposure]\nrisk_per_trade = "3 %"', "my.toml:4:1: risk_per_trade 3 % is above open_risk 2 %"),
    ("[exposure]\nnet_leverage = 11", "net_leverage 11 is above gross_leverage 10"),
    ("[exposure]\nmargin_level_cut = 3", "margin_level_cut 3 is above margin_level_warning 2"),
    ("[exposure]\nkappa = 2.5", "kappa 2.5 is above kappa_break 2"),
    ("[trades]\ntrades_per_day = 7", "trades_per_day 7 is above trades_per_day_total 6"),
    ("[losses]\nconsecutive_losses = 6", "consecutive_losses 6 is above consecutive_losses_global 5"),
    ("[orders]\nmessages_per_second = 61", "messages_per_second 61 is above messages_per_minute 60"),
    ('[times]\nflat_minute = "17:00"', "flat_minute 17:00 is not before the close of the day"),
    ('[times]\nflat_minute = "16:00"', "friday_flat_minute 16:30 is above flat_minute 16:00"),
    ('[groups.METALS]\nlimit = "2.5 %"', "my.toml:4:1: The limit of group METALS, 2.5 %, is above open_risk 2 %"),
    ('[[loss_rules]]\nname = "daily soft loss"\namount = "2.6 %"', "would act behind daily hard loss"),
    ('[[loss_rules]]\nname = "weekly loss"\namount = "100 %"', "the floor would lie at or below zero"),
    ('[[loss_rules]]\nname = "weekly loss"\nlock = "initial"', "has a lock, but its floor does not trail"),
    ('[[loss_rules]]\nname = "weekly loss"\namount = 100', "lie above the capital, so that no trade could pass"),
    ('[exposure]\nfloor_buffer = "off"\n[[loss_rules]]\nname = "weekly loss"\namount = 499', "Lower risk_per_trade"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_said_of_a_wrong_file(text, said):
    """A wrong file is refused with line and column, the value, what is allowed, and the nearest name."""
    with pytest.raises(TradewindError) as raised:
        rules(text)

    assert said in str(raised.value)


@pytest.mark.parametrize(("text", "said"), CONTRADICTIONS)
def test_limits_that_cannot_both_be_meant(text, said):
    with pytest.raises(BadSettings) as raised:
        rules(HOUSE + text)

    assert said in str(raised.value)


def test_the_house_as_in_the_domain_rules():
    """Domain 5.3 and 5.5, the defaults as they are written there."""
    limits = load_rules("house", DOLLARS).limits

    assert (limits.risk_per_trade, limits.open_risk, limits.kappa, limits.kappa_weekend) == (0.005, 0.02, 1.25, 3.0)
    assert (limits.gross_leverage, limits.net_leverage, limits.margin_use) == (10, 5, 0.3)
    assert {one.name: one.limit for one in limits.groups} == {"US_EQ": 0.01, "METALS": 0.01, "USD": 0.015, "OIL": 0.01}
    assert dict(limits.groups[0].members)["GER40"] == 0.7
    assert (limits.flat_minute, limits.friday_flat_minute) == (16 * 60 + 55, 16 * 60 + 30)
    assert limits.day_types == 0b1000
    assert [(one.control, one.amount, one.severity) for one in limits.loss_rules] == [
        ("R6", 150_000, NO_ENTRIES),
        ("R7", 250_000, HALT),
        ("R9", 500_000, HALT),
        ("R10", 800_000, LATCH),
        ("R11", 800_000, LATCH),
    ]
    assert all(one.inclusive for one in limits.loss_rules)
    assert (limits.order_lots_cap, limits.spread_cap, limits.stop_required) == (OFF, OFF, 1)


def test_no_rules_at_all():
    assert load_rules("none", DOLLARS) is None


@pytest.mark.parametrize("pack", PACKS)
def test_everything_in_a_pack_has_a_source_and_a_date(pack):
    """Each limit, rule and group of a shipped pack names an entry of [sources], with the day on which it was read."""
    document = load_document(pack)

    assert document.header.valid_from is not None
    assert all(one.read >= date(2026, 1, 1) and one.text for one in document.header.sources.values())
    for part in (document.part, *document.phases.values()):
        named = [*part.sources.values(), *(row.source for row in part.loss_rules)]
        named += [row.source for row in part.groups.values()]
        named += [part.objectives.source] if part.objectives.model_fields_set else []
        assert set(named) <= set(document.header.sources)


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_comes_down_to_limits_with_origins(pack):
    """A pack by itself stands on the house's, states everything, and has room in the kernel's table."""
    found = load_rules(pack, Account("USD", SIZES.get(pack, 10_000_000)))

    assert len(found.limits.loss_rules) <= 16
    assert set(found.origins) >= {*CONTROLS, *(f"loss_rules.{one.name}" for one in found.limits.loss_rules)}
    assert all(origin.source for name, origin in found.origins.items() if not name.startswith("instruments"))
    assert found.limits.digest == digest(found.limits) > 0


@pytest.mark.parametrize(("pack", "soft", "hard"), [("ftmo-2step", 300_000, 400_000), ("ftmo-1step", 180_000, 240_000)])
def test_guards_stand_before_a_firms_daily_limit(pack, soft, hard):
    """5.4: R6 and R7 become 60 % and 80 % of the firm's limit, from the firm's own base and clock."""
    found = load_rules(pack, DOLLARS)
    firm = rule(found, f"{pack} maximum daily loss")
    guards = {one.control: one for one in found.limits.loss_rules if one.control in ("R6", "R7")}

    assert (guards["R6"].amount, guards["R7"].amount) == (soft, hard)
    assert (guards["R6"].severity, guards["R7"].severity, firm.severity) == (NO_ENTRIES, HALT, TERMINATE)
    assert all((one.clock, one.base_mode, one.resets) == (PROP, firm.base_mode, firm.resets) for one in guards.values())
    assert found.limits.clocks[PROP] == ResetClock("Europe/Prague", 0)
    assert "daily hard loss" not in {one.name for one in found.limits.loss_rules}


def test_a_guard_of_a_trailing_floor_locks_above_the_firms():
    """Topstep 50k: 80 % of 2,000 is 1,600; where the firm's floor stops at 50,000 the guard's stops at 50,400."""
    guard = rule(load_rules("topstep", Account("USD", 5_000_000)), "guard at 80 % of topstep maximum loss limit")

    assert (guard.amount, guard.lock, guard.severity, guard.control) == (160_000, 5_040_000, LATCH, "R11")


def test_a_firm_without_a_daily_limit_leaves_the_houses():
    names = [one.name for one in load_rules("apex-like", Account("USD", 5_000_000)).limits.loss_rules]

    assert {"daily soft loss", "daily hard loss", "apex-like trailing threshold"} <= set(names)


def test_the_file_has_the_last_word_and_says_so():
    found = rules(HOUSE + '[exposure]\nrisk_per_trade = "0.8 %"\nopen_risk = "1.5 %"')

    assert (found.limits.risk_per_trade, found.limits.open_risk) == (0.008, 0.015)
    assert found.origins["risk_per_trade"] == ("my.toml:4", "", "LOOSER than pack house")
    assert found.origins["open_risk"].note == ""
    assert found.origins["kappa"].where == "pack house"


def test_of_two_packs_the_tighter_limit_holds():
    """Topstep is flat at 16:10 and the house at 16:55; the news lock of The5ers holds beside the house's none."""
    found = load_rules("topstep", Account("USD", 5_000_000))
    locked = load_rules("the5ers", DOLLARS)

    assert found.limits.flat_minute == 16 * 60 + 10
    assert found.origins["flat_minute"].note == "tighter than pack house"
    assert locked.limits.news_lock_minutes == 2


def test_phases_change_rules_and_goals():
    challenge = rules(X + 'packs = ["house", "ftmo-2step"]\nphase = "challenge"')
    funded = rules(X + 'packs = ["house", "ftmo-2step"]\nphase = "funded"')

    assert (challenge.goals.profit_target, challenge.goals.minimum_days) == (1_000_000, 4)
    assert (funded.goals.profit_target, funded.limits.news_lock_minutes) == (OFF, 2)
    assert challenge.limits.news_lock_minutes == OFF


def test_a_file_changes_a_firms_rule_by_its_short_name():
    found = rules(X + 'packs = ["house", "ftmo-2step"]\n[[loss_rules]]\nname = "maximum loss"\namount = "6 %"')

    assert rule(found, "ftmo-2step maximum loss").amount == 600_000
    assert rule(found, "guard at 80 % of ftmo-2step maximum loss").amount == 480_000


def test_a_rule_is_taken_out_only_by_name():
    found = rules(HOUSE + '[[loss_rules]]\nname = "weekly loss"\namount = "off"')

    assert "R9" not in {one.control for one in found.limits.loss_rules}
    assert found.origins["loss_rules.weekly loss"] == ("my.toml:3", "", "SWITCHED OFF, was in pack house")


def test_a_looser_floor_is_marked():
    found = rules(HOUSE + '[[loss_rules]]\nname = "weekly loss"\namount = "6 %"')

    assert found.origins["loss_rules.weekly loss"].note == "LOOSER than pack house"


def test_the_example_of_the_documentation_is_a_risk_file():
    """What docs/risk.md shows can be copied and comes down to limits."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "risk.md").read_text(encoding="utf-8")
    found = rules(re.search(r"```toml[^\n]*\n(.*?)```", text, re.DOTALL)[1])

    assert found.limits.last_entry_minutes == 60
    assert rule(found, "Tokyo day").amount == 100_000


def test_a_rule_of_ones_own_with_a_clock_of_its_own():
    found = rules(
        HOUSE + '[[loss_rules]]\nname = "Tokyo day"\nbase = "equity"\nresets = "day"\nclock = "06:00 Asia/Tokyo"\n'
        'amount = 1000.50\nseverity = "halt"'
    )
    own = rule(found, "Tokyo day")

    assert found.limits.clocks[own.clock] == ResetClock("Asia/Tokyo", 360)
    assert (own.clock, own.amount, own.control) == (3, 100_050, "mine")


def test_caps_of_one_instrument():
    found = rules(
        HOUSE + "[orders]\norder_lots_cap = 9\n[instruments.XAUUSD]\nspread_cap = 0.6\norder_value_cap = 50000"
    )
    cap = found.limits.caps[0]

    assert cap == ("XAUUSD", 9, 5_000_000, OFF, 0.6)


def test_the_same_rules_have_the_same_hash():
    """The hash is of what holds, not of how it is written; and of the version."""
    plain = rules(HOUSE).limits
    written = rules(HOUSE + "# a comment\n[exposure]\nrisk_per_trade = 0.005\n").limits
    other = rules(HOUSE + "[exposure]\nrisk_per_trade = 0.0051\n").limits
    later = rules('name = "mine"\nversion = 2\npacks = ["house"]\n').limits

    assert plain.digest == written.digest
    assert len({plain.digest, other.digest, later.digest}) == 3


def test_limits_are_the_same_after_json():
    limits = load_rules("ftmo-1step", DOLLARS).limits

    assert Limits.from_tree(json.loads(json.dumps(limits.as_tree()))) == limits


def test_every_single_limit_is_in_the_table_of_controls():
    header = {"name", "version", "digest", "currency", "capital", "clocks", "loss_rules", "groups", "caps"}

    assert set(Limits._fields) - header == set(CONTROLS)
    assert {control.unit for control in CONTROLS.values()} <= set(FORMS)


@pytest.mark.parametrize(
    ("unit", "written", "value", "said"),
    [
        ("share", "0.5 %", 0.005, "0.5 %"),
        ("share", "0.5%", 0.005, "0.5 %"),
        ("share", 0.02, 0.02, "2 %"),
        ("minutes", "2 h", 120, "120 min"),
        ("seconds", "1.5 min", 90.0, "90 s"),
        ("time", "16:05", 965, "16:05"),
        ("flag", True, 1, "yes"),
        ("flag", False, OFF, "off"),
        ("count", 3, 3, "3"),
        ("R", -0.25, -0.25, "-0.25 R"),
        ("R", -1, -1.0, "-1 R"),
        ("day types", ["full", "thin"], 0b1010, "thin, full"),
        ("lots", "off", OFF, "off"),
        ("method", "correlation", 1, "correlation"),
    ],
)
def test_units_are_read_and_shown(unit, written, value, said):
    assert read(unit, written) == value
    assert shown(unit, value, "USD") == said


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadSettings, match="There is no risk file"):
        load_rules(tmp_path / "mine.toml", DOLLARS)
    with pytest.raises(UnknownName, match="Did you mean 'house'"):
        load_rules("hous", DOLLARS)


def test_money_in_a_currency_without_cents():
    """The same house for a yen account of ten million: no minor digits."""
    found = load_rules("house", Account("JPY", 10_000_000))

    assert found.limits.loss_rules[0].amount == 150_000
