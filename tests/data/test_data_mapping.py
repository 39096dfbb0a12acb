"""Mappings: any table by a few lines of TOML, mistakes named by line, and a first draft of one from a table's head."""

import polars as pl
import pytest

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes, import_files, is_local, walls
from tradewind.data.importers.guessing import proposed
from tradewind.data.importers.mapping import parse
from tradewind.data.importers.parsed import Stated
from tradewind.errors import BadSettings, TradewindError

ALL = (-(2**62), 2**62)
COLUMNS = '[columns]\ntime = "time"\nopen = "o"\nhigh = "h"\nlow = "l"\nclose = "c"\n'


def imported(tmp_path, table, mapping, name="prices.csv", **stated):
    """Import a table by a mapping; return the summaries and the rows of each series by side."""
    if isinstance(table, pl.DataFrame):
        table.write_parquet(tmp_path / name)
    else:
        (tmp_path / name).write_text(table, newline="")
    (tmp_path / "mapping.toml").write_text(mapping)
    history = History(tmp_path / "history")
    summaries = import_files([tmp_path / name], history, Wishes(Stated(**stated, mapping=tmp_path / "mapping.toml")))
    rows = {
        one.series.side: pl.concat((history.bars if one.series.kind == "bars" else history.ticks)(one.series, *ALL))
        for one in summaries
    }
    return summaries, rows


def moments(frame):
    return frame["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_list()


def test_a_table_with_decimal_commas_and_two_columns_of_time_is_read(tmp_path):
    mapping = """
    symbol = "XAUUSD"
    feed = "broker"
    side = "bid"
    clock = "NY+7"
    separator = ";"
    decimal = ","
    skip = 2
    format = "%d.%m.%Y %H:%M"
    spread = "points"
    point = "0.01"
    stamp = "close"
    scale = "10"
    bar = "M5"
    [columns]
    date = "Datum"
    time = "Zeit"
    open = 3
    high = 4
    low = "Tief"
    close = "Schluss"
    volume = "Vol"
    spread = "Spread"
    """
    table = (
        "Export\r\n\r\nDatum;Zeit;Eroeffnung;Hoch;Tief;Schluss;Vol;Spread\r\n"
        '02.01.2024;01:05;"206,291";206,551;206,280;206,537;222;7\r\n02.01.2024;01:10;206,5;206,6;206,4;206,5;;8\r\n'
    )
    (summary,), rows = imported(tmp_path, table, mapping)

    assert tuple(summary.series) == ("XAUUSD", "bars", 300, "broker", "bid")
    assert moments(rows["bid"]) == ["2024-01-01T23:00:00.000", "2024-01-01T23:05:00.000"]
    assert rows["bid"].row(0)[1:] == (2062.91, 2065.51, 2062.8, 2065.37, 222.0, 0.7)
    assert rows["bid"]["volume"].to_list() == [222.0, None]
    assert "prices multiplied by 10" in summary.notes


def test_a_table_of_both_sides_becomes_two_series(tmp_path):
    columns = [f"{side}_{price}" for side in ("bid", "ask") for price in ("open", "high", "low", "close")]
    mapping = 'symbol = "EURUSD"\nclock = "offset"\n[columns]\ntime = 1\n'
    mapping += "".join(f"{name} = {number}\n" for number, name in enumerate(columns, 2))
    table = (
        "t,a,b,c,d,e,f,g,h\n2024-01-02T10:00:00+02:00,1,2,1,2,1.5,2.5,1.5,2.5\n2024-01-02T08:01:00Z,1,2,1,2,2,3,2,3\n"
    )
    summaries, rows = imported(tmp_path, table, mapping)

    assert [one.series.side for one in summaries] == ["bid", "ask"]
    assert moments(rows["ask"]) == moments(rows["bid"]) == ["2024-01-02T08:00:00.000", "2024-01-02T08:01:00.000"]
    assert rows["ask"]["open"].to_list() == [1.5, 2.0]


FORMATS = [
    # format, clock, what stands in the table; all of them are 10:00 UTC
    ("iso", "UTC", "2024-01-02T10:00:00"),
    ("iso", "UTC", "2024-01-02 10:00"),
    ("iso", "NY+7", "2024-01-02 12:00:00.000"),
    ("iso", "NY+7", "2024-01-02 12:00:00+00:00"),
    ("iso", "offset", "2024-01-02 05:00:00 -0500"),
    ("iso", "offset", "2024-01-02T10:00:00.000Z"),
    ("seconds", None, "1704189600"),
    ("milliseconds", None, "1704189600000"),
    ("microseconds", None, "1704189600000000"),
    ("nanoseconds", None, "1704189600000000000"),
    ("seconds", "NY+7", "1704196800"),
    ("%d/%m/%y %I:%M %p", "America/New_York", "02/01/24 05:00 AM"),
    ("%Y%m%d%H%M%S", "UTC", "20240102100000"),
    ("%d.%m.%Y %H:%M:%S%.f GMT%z", "offset", "02.01.2024 19:00:00.000 GMT+0900"),
]


@pytest.mark.parametrize(("form", "clock", "time"), FORMATS)
def test_times_are_read_as_the_mapping_says(tmp_path, form, clock, time):
    said = f'symbol = "X"\nformat = "{form}"\n' + (f'clock = "{clock}"\n' if clock else "")
    _, rows = imported(tmp_path, f"time,bid,ask\n{time},1,2\n", said + "[columns]\ntime = 1\nbid = 2\nask = 3\n")

    assert moments(rows["both"]) == ["2024-01-02T10:00:00.000"]


def test_what_is_stated_wins_over_the_mapping(tmp_path):
    mapping = f'symbol = "X"\nclock = "UTC"\nside = "bid"\nbar = "M5"\n{COLUMNS}'
    (summary,), rows = imported(
        tmp_path,
        "time,o,h,l,c\n2024-01-02T12:00:00,1,2,1,2\n",
        mapping,
        symbol="Y",
        clock="NY+7",
        side="mid",
        timeframe=60,
    )

    assert (tuple(summary.series), summary.clock) == (("Y", "bars", 60, "imported", "mid"), "NY+7")
    assert moments(rows["mid"]) == ["2024-01-02T10:00:00.000"]


def test_parquet_with_any_columns_is_read_by_a_mapping(tmp_path):
    times = pl.datetime_range(pl.datetime(2024, 1, 2, 12), pl.datetime(2024, 1, 2, 13), "1m", eager=True)
    table = pl.DataFrame({"time": times, "o": 1.1, "h": 1.3, "l": 1.0, "c": pl.Series([0.1 + 0.2 + 0.9] * len(times))})
    mapping = f'symbol = "X"\nside = "bid"\n{COLUMNS}'
    (summary,), rows = imported(tmp_path, table, f'clock = "NY+7"\n{mapping}', name="prices.parquet")
    zoned = table.with_columns(pl.col("time").dt.replace_time_zone("Europe/Athens"))
    _, aware = imported(tmp_path, zoned, f'clock = "offset"\nfeed = "aware"\n{mapping}', name="other.parquet")

    assert (summary.rows, summary.series.timeframe) == (61, 60)
    assert rows["bid"]["close"][0] == 0.1 + 0.2 + 0.9
    assert moments(rows["bid"]) == moments(aware["bid"])
    assert moments(rows["bid"])[0] == "2024-01-02T10:00:00.000"


MISTAKES = [
    # mapping, what the message must say
    ('symbol = "X', r"not TOML"),
    (f'\nsymbl = "X"\n{COLUMNS}', r"line 2: there is no 'symbl'.*Did you mean 'symbol'"),
    (f"symbol = 5\n{COLUMNS}", r"line 1: symbol is 5.*a text in quotes"),
    (f"skip = true\n{COLUMNS}", r"line 1: skip is True.*a whole number"),
    (f"skip = -1\n{COLUMNS}", r"line 1: skip is -1"),
    (f'separator = "##"\n{COLUMNS}', r"line 1: separator is '##'.*';'"),
    (f'side = "last"\n{COLUMNS}', r"line 1: The side 'last' is none of"),
    (f'clock = "ETT"\n{COLUMNS}', r"line 1: .*'ETT'.*Did you mean 'EET'"),
    (f'bar = "M0"\n{COLUMNS}', r"line 1: .*'M0'"),
    (f'scale = "-1"\n{COLUMNS}', r"line 1: The factor is -1"),
    (f'format = "milisecond"\n{COLUMNS}', r"line 1: format is 'milisecond'.*Did you mean 'milliseconds'"),
    (f'spread = "points"\n{COLUMNS}', r"line 1: spread is in points.*point = "),
    ('symbol = "X"\n', r"no prices are named"),
    ("columns = 5\n", r"line 1: columns is 5"),
    ("[columns]\ntime = 1\nbid = 2\nask = 3\nopen = 4\n", r"line 1: open and bid are named together"),
    ("[columns]\ntime = 1\nbid = 2\n", r"line 1: the column 'ask' is missing"),
    ("[columns]\nbid = 2\nask = 3\n", r"line 1: the column 'time' is missing"),
    (f'{COLUMNS}clse = "x"\n', r"line 7: there is no column 'clse'.*Did you mean 'close'"),
    (f"{COLUMNS}volume = 0\n", r"line 7: the column volume is 0"),
    (f"{COLUMNS}volume = 1.5\n", r"line 7: the column volume is 1.5"),
    (f"header = false\n{COLUMNS}", r"line 3: the column time is named 'time', but the table has no header"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_in_a_mapping_is_named_with_its_line(text, message):
    with pytest.raises(BadSettings, match=message):
        parse(text, "mapping.toml")


REFUSED = [
    # table, mapping, what the message must say
    ("time,o,h,l,c\n", f'symbol = "X"\nside = "bid"\nclock = "UTC"\n{COLUMNS}', r"has no rows"),
    ("", f'symbol = "X"\nside = "bid"\nclock = "UTC"\n{COLUMNS}', r"has no rows"),
    ("time,o,h,l,k\n1,1,1,1,1\n", f'symbol = "X"\nside = "bid"\nclock = "UTC"\n{COLUMNS}', r"no column 'c'"),
    ("time,o,h,l,c\n1,1,1,1,1\n", f'symbol = "X"\nclock = "UTC"\n{COLUMNS}', r"does not say its side.*--side"),
    ("time,o,h,l,c\n1,1,1,1,1\n", f'side = "bid"\nclock = "UTC"\n{COLUMNS}', r"does not say its symbol"),
    ("time,o,h,l,c\n1,1,1,1,1\n", f'symbol = "X"\nside = "bid"\n{COLUMNS}', r"does not say which clock"),
    ("a,b\n1,2\n", 'symbol = "X"\nclock = "UTC"\n[columns]\ntime = 1\nbid = 2\nask = 3\n', r"has no column 3, only 2"),
    (
        "time,o,h,l,c\n1,1,1,1,1\n",
        f'symbol = "X"\nside = "bid"\nclock = "UTC"\n{COLUMNS}volume = 2\n',
        r"takes the column 'o' for open and volume",
    ),
    (
        "\n\ntime,o,h,l,c\n2024-01-02 10:00,1,1,1,1\n2024-01-02 10:01,1,1,1,x\n",
        f'symbol = "X"\nside = "bid"\nclock = "UTC"\nskip = 2\n{COLUMNS}',
        r"row 5: close is 'x'",
    ),
]


@pytest.mark.parametrize(("table", "mapping", "message"), REFUSED)
def test_a_table_that_its_mapping_does_not_fit_is_refused(tmp_path, table, mapping, message):
    with pytest.raises(TradewindError, match=message):
        imported(tmp_path, table, mapping)
    assert History(tmp_path / "history").series() == []


def test_a_mapping_that_changes_is_another_way_to_read_the_file(tmp_path):
    mapping = f'symbol = "X"\nside = "bid"\nclock = "UTC"\n{COLUMNS}'
    table = "time,o,h,l,c,v\n2024-01-02T10:00:00,1,2,1,2,5\n"
    first, _ = imported(tmp_path, table, mapping)
    again, _ = imported(tmp_path, table, mapping)
    other, rows = imported(tmp_path, table, mapping + 'volume = "v"\n')

    assert (first[0].new, first[0].notes) == (1, ())
    assert again[0].notes == ("known already, not read again",)
    assert (other[0].changed, rows["bid"]["volume"].to_list()) == (1, [5.0])


def test_the_clock_of_a_table_is_the_mappings_or_nobodys(tmp_path):
    (tmp_path / "x.csv").write_text("time,o,h,l,c\n2024-01-02T10:00:00,1,2,1,2\n")
    found = []
    for number, clock in enumerate(("", 'clock = "EET"\n')):
        path = tmp_path / f"{number}.toml"
        path.write_text(f'symbol = "X"\nside = "bid"\n{clock}{COLUMNS}')
        found.append(is_local(tmp_path / "x.csv", Stated(mapping=path)))
        (part,) = walls(tmp_path / "x.csv", Stated(mapping=path), 10)
        assert moments(part.frame) == ["2024-01-02T10:00:00.000"]

    assert found == [True, False]


DRAFTS = [
    # table, what the draft must understand
    (
        "Date;Time;Open;High;Low;Close;Volume\n13/02/2024;10:00;1,1;1,2;1,0;1,1;5\n13/02/2024;10:01;1,1;1,2;1,0;1,1;5\n",
        {"separator": ";", "decimal": ",", "written": "%d/%m/%Y %H:%M", "header": True},
    ),
    ("02/13/2024 10:00,1,2,1,2,5\n02/13/2024 10:01,1,2,1,2,5\n", {"written": "%m/%d/%Y %H:%M", "header": False}),
    ("20240102 100000123,1.1,1.2\n20240102 100001123,1.1,1.2\n", {"written": "%Y%m%d %H%M%S%3f", "ticks": True}),
    ("# note\n\nts\tbid\task\n1704067200123\t1.1\t1.2\n1704067200124\t1\t2\n", {"skip": 2, "separator": "\t"}),
    ("time,open,high,low,close\n2024-01-02T10:00:00-05:00,1,2,1,2\n", {"clock": "offset", "written": "iso"}),
    ("Gmt time,Open,High,Low,Close\n16.08.2025 00:00:00.000 GMT+0900,1,2,1,2\n", {"clock": "offset"}),
    ("1704067200,1.5,2,1,2,5\n1704067260,1,2,1,2,5\n", {"written": "seconds", "header": False}),
]


@pytest.mark.parametrize(("table", "understood"), DRAFTS)
def test_a_draft_needs_only_what_no_table_shows(tmp_path, table, understood):
    (tmp_path / "x.csv").write_text(table)
    draft = proposed(tmp_path / "x.csv")
    mapping = parse(draft, "draft")

    assert {name: getattr(mapping, name) for name in understood} == understood
    ticks = understood.get("ticks") or "bid" in mapping.columns
    stated = {} if ticks else {"side": "bid"}
    _, rows = imported(tmp_path, table, draft, symbol="X", **stated, **({} if mapping.clock else {"clock": "UTC"}))
    assert len(rows) == 1
