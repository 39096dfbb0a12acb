"""Instruments and broker profiles: what we ship, and what a user may say."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tradewind.errors import BadData, BadSettings, UnknownName
from tradewind.markets.clock import DAY, day_number, instant
from tradewind.markets.hours import FULL, HALF, day_type, market_intervals
from tradewind.markets.loading import SHIPPED, load_profile
from tradewind.markets.sessions import SESSION_IDS, session_window

SYMBOLS = ("US30", "NAS100", "SPX500", "GER40", "XAUUSD", "XAGUSD", "USOIL", "EURUSD", "GBPUSD", "USDJPY")

REFERENCE = [
    # domain 4.3: symbol, contract, tick, P&L per 1.0 move per lot, quote, least, step, triple, OANDA
    ("US30", 1, "0.01", 1, "USD", "0.1", "0.1", 4, "US30_USD", "0.1"),
    ("NAS100", 1, "0.01", 1, "USD", "0.1", "0.1", 4, "NAS100_USD", "0.1"),
    ("SPX500", 1, "0.01", 1, "USD", "0.1", "0.1", 4, "SPX500_USD", "0.1"),
    ("GER40", 1, "0.01", 1, "EUR", "0.1", "0.1", 4, "DE30_EUR", "0.1"),
    ("XAUUSD", 100, "0.01", 100, "USD", "0.01", "0.01", 2, "XAU_USD", "0.001"),
    ("XAGUSD", 5000, "0.001", 5000, "USD", "0.01", "0.01", 2, "XAG_USD", "0.00001"),
    ("USOIL", 1000, "0.01", 1000, "USD", "0.01", "0.01", 4, "WTICO_USD", "0.001"),
    ("EURUSD", 100_000, "0.00001", 100_000, "USD", "0.01", "0.01", 2, "EUR_USD", "0.00001"),
    ("GBPUSD", 100_000, "0.00001", 100_000, "USD", "0.01", "0.01", 2, "GBP_USD", "0.00001"),
    ("USDJPY", 100_000, "0.001", 100_000, "JPY", "0.01", "0.01", 2, "USD_JPY", "0.001"),
]


@pytest.mark.parametrize("row", REFERENCE, ids=SYMBOLS)
def test_reference_table(row):
    """Domain 4.3, row by row, for both brokers."""
    symbol, contract, tick, move, quote, least, step, triple, oanda_name, oanda_tick = row
    lots, units = load_profile("metatrader").instrument(symbol), load_profile("oanda").instrument(oanda_name)

    assert (lots.contract_size, lots.tick_size, lots.quote_currency) == (contract, Decimal(tick), quote)
    assert lots.tick_value_quote / lots.tick_size == move
    assert (lots.volume_min, lots.volume_step) == (Decimal(least), Decimal(step))
    assert lots.swap.nights[triple] == 3
    assert sum(lots.swap.nights) == 7
    assert (units.symbol, units.contract_size, units.volume_step) == (symbol, 1, 1)
    assert (units.tick_size, units.quote_currency) == (Decimal(oanda_tick), quote)
    assert units.swap.mode == "percent365"


MARGINS = [
    # domain 8.9
    ("US30", "42000", "2100.00"),
    ("XAUUSD", "2400", "12000.00"),
    ("EURUSD", "1.10", "3666.67"),
]


@pytest.mark.parametrize(("symbol", "price", "margin"), MARGINS)
def test_margin_per_lot(symbol, price, margin):
    """Domain 8.9: five percent of an index or of gold, a thirtieth of a currency, to the cent."""
    assert load_profile("metatrader").instrument(symbol).margin_per_lot(Decimal(price)) == Decimal(margin)


SWAPS = [
    # domain 8.10: profile, symbol, side, price, weekday, cash per lot (OANDA: 100,000 units)
    ("metatrader", "XAUUSD", 1, "2400", 0, "-42.000"),
    ("metatrader", "XAUUSD", 1, "2400", 2, "-126.000"),
    ("metatrader", "US30", 1, "42000", 0, "-7.583"),
    ("metatrader", "US30", 1, "42000", 4, "-22.750"),
    ("oanda", "EURUSD", 1, "1.10", 0, "-3.164"),
]


@pytest.mark.parametrize("row", SWAPS)
def test_swap_per_night(row):
    """Domain 8.10: points, percent of 360 and percent of 365, with the triple night."""
    profile, symbol, side, price, weekday, cash = row
    size = 100_000 if profile == "oanda" else 1
    found = load_profile(profile).instrument(symbol).swap_per_lot(side, Decimal(price), weekday) * size

    assert round(found, 3) == Decimal(cash)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_instrument_is_whole(name):
    """All ten are there, say where they come from, and trade in windows that resolve."""
    profile = load_profile(name)

    assert profile.symbols == SYMBOLS
    assert profile.stop_out_level == Decimal("0.5")
    for row in profile.rows:
        windows = {end for pair in row.pairs for end in pair}
        assert row.source
        assert row.swap.source
        assert row.spread.source
        assert all(session_window(end, date(2025, 3, 12), row) for end in windows)
        assert row.spread.roll >= row.spread.late >= row.spread.new_york
        assert windows & SESSION_IDS.keys()


def test_an_instrument_is_found_by_either_name():
    """Ours or the broker's."""
    oanda = load_profile("oanda")

    assert oanda.instrument("DE30_EUR") is oanda.instrument("GER40")


def test_an_unknown_instrument_suggests_the_nearest():
    """A typing error costs one line."""
    with pytest.raises(UnknownName, match=r"no instrument in profile oanda named 'XAUSD'. Did you mean 'XAU_?USD'"):
        load_profile("oanda").instrument("XAUSD")


def test_a_date_before_all_rows_is_refused():
    """We do not guess what a broker charged before our data begin."""
    with pytest.raises(BadData, match=r"says nothing about US30 on 1999-01-04; it covers 2006-01-01 to today"):
        load_profile("metatrader").instrument("US30", on=date(1999, 1, 4))


def test_rows_cannot_be_changed():
    """A profile is a fact, not a variable."""
    with pytest.raises(ValidationError, match=r"frozen"):
        load_profile("metatrader").instrument("US30").digits = 3


@pytest.fixture
def own(tmp_path):
    """Return a function that loads a profile from the text of a TOML file."""

    def load(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return load_profile(path)

    return load


def test_a_file_of_your_own_overrides_a_shipped_profile(own):
    """What it does not mention stays as it was, in nested tables too."""
    profile = own("""
        base = "metatrader"
        name = "mine"
        server_clock = "EET"
        [instruments.US30]
        contract_size = 5
        swap = {long = -7.25}
        [classes.metal]
        ny_anchor = "09:30"
    """)
    us30, shipped = profile.instrument("US30"), load_profile("metatrader").instrument("US30")

    assert (us30.broker, us30.server_clock, us30.contract_size) == ("mine", "EET", 5)
    assert (us30.swap.long, us30.swap.short) == (Decimal("-7.25"), shipped.swap.short)
    assert us30.tick_size == shipped.tick_size
    assert profile.instrument("XAUUSD").ny_anchor == "09:30"
    assert profile.symbols == SYMBOLS


def test_dated_rows_follow_one_another(own):
    """Each row of a list is completed from the base and ends the day before the next begins."""
    profile = own("""
        base = "metatrader"
        [[instruments.XAUUSD]]
        valid_from = 2024-01-01
        contract_size = 10
        [[instruments.XAUUSD]]
        valid_from = 2020-01-01
    """)

    assert profile.instrument("XAUUSD", on=date(2023, 12, 31)).contract_size == 100
    assert profile.instrument("XAUUSD", on=date(2024, 1, 1)).contract_size == 10
    assert profile.instrument("XAUUSD").contract_size == 10
    assert profile.instrument("XAUUSD", on=date(2023, 12, 31)).valid_to == date(2023, 12, 31)
    with pytest.raises(BadData, match=r"2020-01-01 to 2023-12-31, 2024-01-01 to today"):
        profile.instrument("XAUUSD", on=date(2019, 1, 1))


def test_hours_and_holidays_of_your_own(own):
    """A broker that opens late, and closed early on a day we think ordinary."""
    gold = own("""
        base = "metatrader"
        [classes.metal]
        session_template = "late metals"
        [[hours."late metals"]]
        valid_from = 2005-01-01
        hours = [["previous 18:05", "16:50"]]
        source = "broker"
        [[holidays]]
        date = 2025-06-11
        for = "XAUUSD"
        close_ny = "12:00"
        reopen_ny = "2025-06-11 18:05"
        source = "broker"
    """).instrument("XAUUSD")
    ordinary, short = date(2025, 6, 10), date(2025, 6, 11)
    number = day_number(short)
    zone = "America/New_York"

    assert market_intervals(gold, ordinary) == [
        (instant(number - 2, 18 * 60 + 5, zone), instant(number - 1, 16 * 60 + 50, zone))
    ]
    assert market_intervals(gold, short)[-1][1] == instant(number, 12 * 60, zone)
    assert (day_type(ordinary, gold), day_type(short, gold)) == (FULL, HALF)
    assert market_intervals(gold, short)[0][0] - market_intervals(gold, ordinary)[0][0] == DAY


BAD_FILES = [
    ("base = 'metatreder'", "no base profile named 'metatreder'. Did you mean 'metatrader'"),
    ("bose = 'metatrader'", "no setting 'bose'. Did you mean 'base'"),
    ("base = 'metatrader'\nserver_clock = 'NY+77'", "shifted by more than 14 hours"),
    ("base = 'metatrader'\n[instruments.US30]\ntick_size = 0", "US30: tick_size: .*greater than 0 .it is 0."),
    ("base = 'metatrader'\n[instruments.US30]\nticksize = 1", "US30: ticksize: .*Did you mean 'tick_size'"),
    (
        "base = 'metatrader'\n[instruments.US30]\nvolume_min = 0.15",
        "volume_min 0.15 is not a multiple of volume_step 0.1",
    ),
    ("base = 'metatrader'\n[instruments.US30]\nmax_clip = 9999", "max_clip 9999 is not between"),
    ("base = 'metatrader'\n[instruments.US30]\npoint = 0.1", "point 0.1 does not have 2 digits"),
    (
        "base = 'metatrader'\n[instruments.US30]\ntick_size = 0.015",
        "tick_size 0.015 is not a multiple of point",
    ),
    (
        "base = 'metatrader'\n[instruments.US30]\nquote_currency = 'USX'",
        "no currency named 'USX'. Did you mean 'USD'",
    ),
    ("base = 'metatrader'\n[instruments.US30]\ncontract_size = 1e12", "more than exact integers can carry"),
    (
        "base = 'metatrader'\n[instruments.US30]\nvalid_to = 2001-01-01",
        "valid_to 2001-01-01 lies before valid_from",
    ),
    (
        "base = 'metatrader'\n[instruments.US30]\nmargin = {initial = 5}",
        "margin rates are shares of the value",
    ),
    (
        "base = 'metatrader'\n[instruments.US30]\nmargin = {initial = 'x'}",
        "'x' is not a rate; write 0.05 or '1/20'",
    ),
    ("base = 'metatrader'\n[instruments.US30]\nsession_template = 'usindex'", "Did you mean 'us_index'"),
    ("base = 'metatrader'\n[instruments.BTCUSD]\ndigits = 2", "BTCUSD: .*Field required"),
    ("base = 'metatrader'\nstop_out_level = 0", "stop_out_level: .*greater than 0"),
    ("base = 'metatrader'\n[[holidays]]\ndate = 2025-01-01", "lacks 'for'"),
    (
        (
            "base = 'metatrader'\n[[holidays]]\ndate = 2025-01-01\nfor = 'XAUSD'\nclose_ny = 'closed'\n"
            "reopen_ny = '2025-01-02 18:00'\nsource = 'x'"
        ),
        "no symbol or product group named 'XAUSD'. Did you mean 'XAUUSD'",
    ),
    (
        (
            "base = 'metatrader'\n[[holidays]]\ndate = 2025-01-01\nfor = 'metals'\nclose_ny = 'noon'\n"
            "reopen_ny = '2025-01-02 18:00'\nsource = 'x'"
        ),
        "holiday row 2025-01-01,metals,noon,2025-01-02 18:00 cannot be read",
    ),
    (
        "base = 'metatrader'\n[[hours.x]]\nvalid_from = 2005-01-01\nsource = 'x'\nhours = [['5 pm', '16']]",
        "'5 pm' is not a time; write 16:15",
    ),
    (
        "base = 'metatrader'\n[[hours.late]]\nvalid_from = 2005-01-01\nhours = [['16:50']]\nsource = 'x'",
        "is not a list of pairs of times",
    ),
    (
        (
            "base = 'metatrader'\n[[instruments.US30]]\nvalid_from = 2020-01-01\nvalid_to = 2024-06-01\n"
            "[[instruments.US30]]\nvalid_from = 2024-01-01"
        ),
        "US30: the rows from 2020-01-01 and 2024-01-01 overlap",
    ),
    ("base = ", "cannot be read"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_bad_profile_says_what_is_wrong(own, text, message):
    """Each mistake is one line that names the place, the value and the remedy."""
    with pytest.raises((BadSettings, BadData, UnknownName), match=message) as caught:
        own(text)

    assert "\n" not in str(caught.value)


def test_a_missing_contract_size_is_not_guessed(own):
    """Domain 4.1: the contract size has no default."""
    text = load_text("metatrader").replace("contract_size = 100\n", "")

    with pytest.raises(BadSettings, match=r"XAUUSD: contract_size: Field required"):
        own(text)


def load_text(name):
    """Return the text of a shipped profile."""
    from importlib.resources import files  # noqa: PLC0415 - loaded only when it is needed

    return files("tradewind.markets").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")


def test_a_file_that_is_not_there():
    """The shipped names are offered."""
    with pytest.raises(BadSettings, match=r"no profile file nowhere.toml.*metatrader, oanda"):
        load_profile("nowhere.toml")
    with pytest.raises(UnknownName, match=r"no broker profile named 'metatrade'. Did you mean 'metatrader'"):
        load_profile("metatrade")
