"""Dukascopy's binary files: real ones against the vendor's own bars, addresses, empty hours, and what is refused."""

import lzma
import shutil
import struct
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from data_cases import DATA, needs_data, ns

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, bi5, import_files
from tradewind.data.importers.parsed import Stated
from tradewind.data.series import Series
from tradewind.errors import TradewindError

ALL = (-(2**62), 2**62)
REAL = DATA.parent / "fixtures" / "dukascopy"
DAY = REAL / "EURUSD" / "2019" / "01" / "04"
TICKS = Series("EURUSD", "ticks", 0, "duka", "both")
MINUTES = Series("EURUSD", "bars", 60, "duka", "bid")
PRICES = ("open", "high", "low", "close")


def ticks(history, series=TICKS):
    return pl.concat(history.ticks(series, *ALL))


def packed(*rows, layout=">IIIff"):
    """Return ticks (or candles) as the vendor packs them."""
    return lzma.compress(b"".join(struct.pack(layout, *row) for row in rows), format=lzma.FORMAT_ALONE)


ROWS = ((994, 114_545, 114_543, 1.0, 2.06), (1271, 114_546, 114_544, 1.5, 1.0))


def put(folder, address, content):
    path = folder / address
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@needs_data
def test_real_ticks_make_the_vendors_own_minutes(tmp_path):
    """Of the 136,741 ticks of 2019-02-04 come the 1440 bars the vendor has of that day, volumes included."""
    history = History(tmp_path)
    import_files([DAY], history)
    made = (
        ticks(history)
        .group_by(pl.col("ts").dt.truncate("1m"), maintain_order=True)
        .agg(
            open=pl.col("bid").first(), high=pl.col("bid").max(), low=pl.col("bid").min(), close=pl.col("bid").last(),
            volume=pl.col("bid_size").sum(),
        )
    )  # fmt: skip
    theirs = pl.concat(history.bars(MINUTES, *ALL))

    assert theirs.height == 1440
    assert made.select("ts", *PRICES).equals(theirs.select("ts", *PRICES))
    assert (made["volume"] - theirs["volume"]).abs().max() < 0.01


@needs_data
def test_a_tree_is_imported_in_order_of_time_and_a_month_is_stored_once(tmp_path):
    history = History(tmp_path)
    found = {tuple(one.series)[1:3]: one for one in import_files([REAL / "EURUSD"], history)}

    assert {kind: (one.rows, one.left_out) for kind, one in found.items()} == {
        ("ticks", 0): (136_741, 0),
        ("bars", 60): (1440, 0),
        ("bars", 3600): (480, 192),
        ("bars", 86_400): (313, 52),
    }
    assert "24 files stored together" in found["ticks", 0].notes
    assert "192 flat bars without volume left out: nothing was quoted then" in found["bars", 3600].notes
    assert ticks(history)["ts"].is_sorted()
    assert len(next(held for held in history.series() if held.kind == "ticks").sources) == 1


@needs_data
def test_a_tree_in_an_archive_is_the_same(tmp_path):
    plain, archived = History(tmp_path / "plain"), History(tmp_path / "archived")
    with zipfile.ZipFile(tmp_path / "ticks.zip", "w") as archive:
        for path in sorted(DAY.glob("*.bi5")):
            archive.write(path, f"EURUSD/2019/01/04/{path.name}")
    import_files([DAY], plain)
    import_files([tmp_path / "ticks.zip"], archived)

    assert plain.digest(TICKS) == archived.digest(TICKS)
    assert plain.digest(MINUTES) == archived.digest(MINUTES)


ADDRESSES = [
    # address, instrument, seconds, side, begins, ends
    ("/a/EURUSD/2019/01/04/05h_ticks.bi5", "EURUSD", 0, "both", "2019-02-04T05:00", "2019-02-04T06:00"),
    ("USA30IDXUSD/2020/00/31/23h_ticks.bi5", "USA30IDXUSD", 0, "both", "2020-01-31T23:00", "2020-02-01T00:00"),
    ("x/XAUUSD/2020/11/31/BID_candles_min_1.bi5", "XAUUSD", 60, "bid", "2020-12-31", "2021-01-01"),
    ("x/XAUUSD/2020/11/ASK_candles_hour_1.bi5", "XAUUSD", 3600, "ask", "2020-12-01", "2021-01-01"),
    ("x/XAUUSD/2020/ASK_candles_day_1.bi5", "XAUUSD", 86_400, "ask", "2020-01-01", "2021-01-01"),
    ("/a/EURUSD/2016/06/2016-06-24--05h_ticks.bi5", "EURUSD", 0, "both", "2016-06-24T05:00", "2016-06-24T06:00"),
    ("/a/EURUSD_20190204_05.bi5", "EURUSD", 0, "both", "2019-02-04T05:00", "2019-02-04T06:00"),
    ("/a/EURUSD_2019_02_04_05h_ticks.bi5", "EURUSD", 0, "both", "2019-02-04T05:00", "2019-02-04T06:00"),
    ("/a/XAUUSD-2019-02-04_BID_candles_min_1.bi5", "XAUUSD", 60, "bid", "2019-02-04", "2019-02-05"),
]


@pytest.mark.parametrize(("address", "name", "seconds", "side", "begins", "ends"), ADDRESSES)
def test_an_address_says_what_a_file_holds(address, name, seconds, side, begins, ends):
    """Folders count months from zero, as the vendor does; a date in the file's own name is a calendar date."""
    says = bi5.told(address)

    assert says[:5] == (name, seconds, side, ns(begins), ns(ends))


@pytest.mark.parametrize(
    "address",
    ["EURUSD/2019/12/04/05h_ticks.bi5", "EURUSD/2019/01/30/05h_ticks.bi5", "EURUSD/9999/01/04/05h_ticks.bi5", "a.bi5"],
)
def test_an_address_of_no_date_says_nothing(address):
    assert bi5.told(address) is None


def test_an_hour_without_a_byte_is_an_hour_without_a_price(tmp_path):
    history = History(tmp_path / "history")
    empty = put(tmp_path, "EURUSD/2019/01/04/06h_ticks.bi5", b"")
    (alone,) = import_files([empty], history)
    put(tmp_path, "EURUSD/2019/01/04/05h_ticks.bi5", packed(*ROWS))
    (both,) = import_files([tmp_path / "EURUSD"], history)

    assert (alone.rows, alone.new, alone.series) == (0, 0, TICKS)
    assert (both.rows, both.new) == (2, 2)
    assert ticks(history).row(0)[1:] == (1.14543, 1.14545, 2.06, 1.0)


def test_an_hour_that_is_not_there_leaves_what_is_stored_of_it(tmp_path):
    """Ticks replace the stretch they cover, and a file that is missing covers nothing."""
    history = History(tmp_path / "history")
    for hour in (4, 5, 6):
        put(tmp_path, f"EURUSD/2019/01/04/{hour:02}h_ticks.bi5", packed(*ROWS))
    import_files([tmp_path / "EURUSD"], history)
    (tmp_path / "EURUSD/2019/01/04/05h_ticks.bi5").unlink()
    summaries = import_files([tmp_path / "EURUSD"], history, Wishes(again=True))

    assert len(summaries) == 2
    assert ticks(history).height == 6


def test_the_same_name_in_another_folder_is_another_file(tmp_path):
    history = History(tmp_path / "history")
    for day in ("04", "05"):
        put(tmp_path, f"EURUSD/2019/01/{day}/05h_ticks.bi5", packed(*ROWS))
        import_files([tmp_path / "EURUSD" / "2019" / "01" / day], history)

    assert ticks(history)["ts"].dt.day().unique().sort().to_list() == [4, 5]


REFUSED = [
    # address, content, stated, what the message must say
    ("EURUSD/2019/01/04/05h_ticks.bi5", b"<html>blocked</html>", {}, "not a bi5 file"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed(*ROWS)[:-6], {}, "cut"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed(*ROWS) + b"more", {}, "something behind its end|not a bi5"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", lzma.compress(b"1234", format=lzma.FORMAT_ALONE), {}, "no multiple of the 20"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed((3_600_000, 2, 1, 1.0, 1.0)), {}, "after the end of its hour"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed((1, 0, 0, 1.0, 1.0)), {}, "row 1: bid is not greater than zero"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed((1, 1, 2, 1.0, 1.0)), {}, "EURUSD/2019/01/04/05h.*the ask is below"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed((1, 2, 1, float("nan"), 1.0)), {}, "ask_size is not a number"),
    ("EURUSD/2019/01/04/05h_ticks.bi5", packed(*ROWS), {"clock": "eet"}, "is in UTC, not eet"),
    ("EURUSD/2019/01/40/05h_ticks.bi5", packed(*ROWS), {}, "does not say of when"),
    ("EURNOKK/2019/01/04/05h_ticks.bi5", packed(*ROWS), {}, "'EURNOKK' are divided is not known.*--as"),
    ("ticks.bi5", packed(*ROWS), {"symbol": "EURUSD"}, "does not say of when"),
]


@pytest.mark.parametrize(("address", "content", "stated", "message"), REFUSED)
def test_a_file_that_is_not_what_its_address_says_is_refused(tmp_path, address, content, stated, message):
    history = History(tmp_path / "history")
    path = put(tmp_path, address, content)
    with pytest.raises(TradewindError, match=message):
        import_files([path], history, Wishes(Stated(**stated)))

    assert history.series() == []


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path):
    path = put(tmp_path, "EURUSD/2019/01/04/05h_ticks.bi5", lzma.compress(bytes(bi5.LARGEST + 20)))
    with pytest.raises(TradewindError, match="unpacks to more than 64 MB"):
        import_files([path], History(tmp_path / "history"))


@needs_data
def test_what_is_stated_names_an_instrument_of_another_scale(tmp_path):
    """The same integers are a hundred times as much for gold, whose prices have three decimals."""
    history = History(tmp_path / "history")
    folder = tmp_path / "anything" / "2019" / "01" / "04"
    folder.mkdir(parents=True)
    shutil.copy(DAY / "05h_ticks.bi5", folder)
    (summary,) = import_files([tmp_path / "anything"], history, Wishes(Stated(symbol="XAUUSD")))

    assert summary.series.symbol == "XAUUSD"
    assert 114 < ticks(history, summary.series)["bid"][0] < 115


def test_of_an_unlisted_instrument_the_factor_is_stated_as_its_scale(tmp_path):
    history = History(tmp_path / "history")
    put(tmp_path, "USDHUF/2019/01/04/05h_ticks.bi5", packed((5, 280_125, 280_100, 1.0, 2.0)))
    (summary,) = import_files([tmp_path / "USDHUF"], history, Wishes(Stated(scale=Decimal("0.001"))))

    assert summary.series.symbol == "USDHUF"
    assert ticks(history, summary.series).row(0)[1:3] == (280.1, 280.125)
