"""Downloads of bars: OANDA's windows of candles, Dukascopy's days, months and years; and the token stays secret."""

import json
import logging
import subprocess
import sys

import polars as pl
import pytest
import vendor_server as vendors
from data_cases import NS, ns
from vendor_server import NAMES, Hands, Oanda, Server, bars_frame, candles_json

from tradewind.adapters.parquet import History
from tradewind.data.downloads import datafeed, download, dukascopy, oanda
from tradewind.data.downloads.line import Line, Timing
from tradewind.data.downloads.window import Order, Secret
from tradewind.data.series import Series
from tradewind.errors import TradewindError, UnknownName

ALL = (-(2**62), 2**62)
FIRST = ns("2026-01-12T00:00")
MINUTES = bars_frame(FIRST, 14_400, 60)
HOURS = bars_frame(ns("2025-11-01"), 2400, 3600)
DAYS = bars_frame(ns("2024-01-01"), 760, 86_400)
NOW = "2026-01-20T10:00:30"
PRICES = ["ts", "open", "high", "low", "close", "volume"]


def series(side, feed="oanda", seconds=60):
    return Series("EURUSD", "bars", seconds, feed, side)


def stored(history, one):
    return pl.concat(history.bars(one, *ALL)).select(PRICES)


def before(frame, end):
    return frame.filter(pl.col("ts").to_physical() < end)


def fetch(server, history, order, make=None):
    vendor = (make or (lambda address: oanda.vendor(Secret(Oanda.TOKEN), address)))(server.address)
    with Line(vendor, Timing(server.hands.now, server.hands.sleep), seed=2) as line:
        return download(order, vendor, history, line)


def test_oandas_candles_fill_both_sides_up_to_the_last_complete_one(tmp_path):
    """The server refuses more than 5000 candles and any future, and gives overlapping windows."""
    hands, history = Hands(NOW), History(tmp_path)
    with Server(Oanda(MINUTES, hands), hands) as server:
        done = fetch(server, history, Order("EURUSD", 60, FIRST))
    last = ns("2026-01-20T09:59")

    assert stored(history, series("bid")).equals(before(MINUTES, last))
    wider = [(pl.col(name) + 1e-5).round(5) for name in PRICES[1:5]]
    assert stored(history, series("ask")).equals(before(MINUTES, last).with_columns(wider))
    assert done.new == 2 * before(MINUTES, last).height
    assert history.kept(series("ask"), "downloaded")["covered"] == [[FIRST, last]]


def test_oandas_next_download_asks_from_what_is_stored(tmp_path):
    hands, history = Hands(NOW), History(tmp_path)
    with Server(Oanda(MINUTES, hands), hands) as server:
        fetch(server, history, Order("EURUSD", 60, FIRST))
        asked = len(server.asked)
        hands.ts = ns("2026-01-20T12:00:00")
        second = fetch(server, history, Order("EURUSD", 60))
        third = fetch(server, history, Order("EURUSD", 60))

    assert (second.requests, third.requests) == (1, 0)
    assert "from=2026-01-20T09%3A59" in server.asked[asked][1]
    assert stored(history, series("bid")).equals(before(MINUTES, ns("2026-01-20T11:59")))


def test_oanda_disturbed_is_oanda_undisturbed(tmp_path):
    hands, history = Hands(NOW), History(tmp_path)
    faults = [vendors.status(429, Retry_After="2"), vendors.cut, vendors.gone, vendors.status(502),
              vendors.body(b"<html>"), vendors.body(b'{"candles": []}'), vendors.status(503)]  # fmt: skip
    wrong = MINUTES.with_columns(pl.col("open", "high", "low", "close") * 2)
    other = json.loads(Oanda(wrong, hands)("/v3/instruments/EUR_USD/candles", QUERY, AUTHORIZED)[1])
    faults += [vendors.body(json.dumps(other | {"instrument": "USD_JPY"}).encode())]
    faults += [vendors.body(json.dumps(other | {"granularity": "M5"}).encode())]
    with Server(Oanda(MINUTES, hands), hands) as server:
        server.faults = {number: fault for number, fault in enumerate(faults * 3) if number % 4}
        fetch(server, history, Order("EURUSD", 60, FIRST))

    assert stored(history, series("bid")).equals(before(MINUTES, ns("2026-01-20T09:59")))


QUERY = {"from": ["2026-01-12T00:00:00"], "to": ["2026-01-12T10:00:00"], "granularity": ["M1"]}
AUTHORIZED = {"Authorization": f"Bearer {Oanda.TOKEN}"}


def test_a_candle_that_is_not_complete_is_asked_for_again(tmp_path):
    """Days open at 22:00 UTC: the one that the window ends in is neither stored nor remembered as had."""
    days = bars_frame(ns("2026-01-04T22:00"), 20, 86_400)
    hands, history = Hands("2026-01-15T12:00"), History(tmp_path)
    with Server(Oanda(days, hands, 86_400), hands) as server:
        fetch(server, history, Order("EURUSD", 86_400, ns("2026-01-04"), ns("2026-01-15")))
        first = stored(history, series("bid", seconds=86_400))
        hands.ts = ns("2026-01-18T12:00")
        fetch(server, history, Order("EURUSD", 86_400, ns("2026-01-04"), ns("2026-01-15")))

    assert first.equals(before(days, ns("2026-01-14")))
    assert stored(history, series("bid", seconds=86_400)).equals(before(days, ns("2026-01-15")))
    assert "dailyAlignment=17&alignmentTimezone=America%2FNew_York" in server.asked[0][1]


def test_the_token_is_in_one_header_and_nowhere_else(tmp_path, caplog, monkeypatch):
    """Not in errors, although the service repeats it; not in logs, manifests or documents; not in what is printed."""
    caplog.set_level(logging.DEBUG)
    hands, history = Hands(NOW), History(tmp_path)
    said = []
    with Server(Oanda(MINUTES, hands), hands) as server:
        monkeypatch.setattr(Oanda, "TOKEN", "another-token-of-somebody-else")
        wrong = oanda.vendor(Secret("0123456789abcdef-canary"), server.address)
        with Line(wrong, Timing(hands.now, hands.sleep)) as line, pytest.raises(TradewindError) as error:
            download(Order("EURUSD", 60, FIRST), wrong, history, line)
        said += [str(error.value), repr(wrong), repr(line), str(vars(line)["_vendor"])]
        monkeypatch.setattr(Oanda, "TOKEN", "0123456789abcdef-canary")
        fetch(server, history, Order("EURUSD", 60, FIRST))
        server.gone_after = 0
        with pytest.raises(TradewindError) as error:
            fetch(server, history, Order("EURUSD", 60, FIRST, again=True))
        said += [str(error.value), caplog.text]
    said += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]

    assert "Insufficient authorization for Bearer <secret>" in said[0]
    assert "practice or of the live" in said[0]
    assert not [text for text in said if "canary" in text]
    assert all("canary" not in path for path in server.asked.paths)


def test_a_token_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(oanda.TOKEN, raising=False)
    file = tmp_path / "token"
    with pytest.raises(TradewindError, match=r"no OANDA token.*--token-file or TRADEWIND_OANDA_TOKEN"):
        oanda.token(None)
    with pytest.raises(TradewindError, match="cannot be read: No such file"):
        oanda.token(file)
    file.write_text("two words\n")
    with pytest.raises(TradewindError, match="letters that no token has") as error:
        oanda.token(file)
    assert "two" not in str(error.value)
    file.write_text("  0123456789abcdef\n")
    monkeypatch.setenv(oanda.TOKEN, "fedcba9876543210")

    assert oanda.token(file).revealed() == "0123456789abcdef"
    assert oanda.token(None).revealed() == "fedcba9876543210"


def test_a_token_is_never_sent_unencrypted_to_another_machine():
    with pytest.raises(TradewindError, match=r"in the open.*https"):
        oanda.vendor(Secret(Oanda.TOKEN), "http://example.com")

    assert oanda.vendor(Secret(Oanda.TOKEN), "https://example.com").address == "https://example.com"


def test_what_oanda_has_not_is_refused_with_the_nearest(tmp_path):
    hands = Hands(NOW)
    with Server(Oanda(MINUTES, hands), hands) as server:
        with pytest.raises(UnknownName, match=r"instrument of OANDA named 'US3'.*Did you mean 'US30'"):
            fetch(server, History(tmp_path), Order("US3", 60, FIRST))
        with pytest.raises(UnknownName, match=r"bar size of OANDA named 'ticks'"):
            fetch(server, History(tmp_path), Order("EURUSD", 0, FIRST))
        with pytest.raises(TradewindError, match=r"HTTP 400: Invalid value specified for 'instrument'"):
            fetch(server, History(tmp_path), Order("XAUUSD", 60, FIRST))

    assert server.asked.paths[0].startswith(
        "/v3/instruments/XAU_USD/candles?price=BA&granularity=M1&from=2026-01-12T00"
    )


def dukascopys(frame, seconds, now):
    """Answer as Dukascopy's JSON service does: whole periods by their date, the current one from its beginning."""

    def answer(path, query, _headers):
        _, _, name, code, side, *date = path.split("/")
        assert (name, code) == (NAMES[seconds], "EUR-USD")
        if query:
            start, end = int(query["from"][0]) * 1_000_000, now()
        else:
            year, month, day = ([int(part) for part in date] + [1, 1])[:3]
            start = ns(f"{year:04}-{month:02}-{day:02}")
            last = {60: 1, 3600: 31, 86_400: 366}[seconds]
            end = start + last * 86_400 * NS
            end = min(end, ns(f"{year + 1:04}-01-01")) if seconds == 86_400 else end
            end = min(end, ns(f"{year + month // 12:04}-{month % 12 + 1:02}-01")) if seconds == 3600 else end
        wider = [pl.col(one) + (1e-5 if side == "ASK" else 0) for one in PRICES[1:5]]
        return 200, candles_json(frame.with_columns(wider), start, end, seconds)

    return answer


PERIODS = [
    # seconds, bars, since, paths of the bids
    (60, MINUTES, "2026-01-18T12:00", ["minute/EUR-USD/BID/2026/1/18", "minute/EUR-USD/BID/2026/1/19"]),
    (3600, HOURS, "2025-11-30", ["hour/EUR-USD/BID/2025/11", "hour/EUR-USD/BID/2025/12"]),
    (86_400, DAYS, "2024-05-05", ["day/EUR-USD/BID/2024", "day/EUR-USD/BID/2025"]),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "frame", "since", "paths"), PERIODS)
def test_dukascopys_periods_are_fetched_whole_and_the_current_one_again(tmp_path, seconds, frame, since, paths):
    hands, history = Hands(NOW), History(tmp_path)
    with Server(dukascopys(frame, seconds, hands.now), hands) as server:
        fetch(server, history, Order("EURUSD", seconds, ns(since)), dukascopy.vendor)
        fetch(server, history, Order("EURUSD", seconds, ns(since)), dukascopy.vendor)
    bids = [path for path in server.asked.paths if "/BID" in path]
    ended = ns(NOW) - dukascopy.SETTLED_NS - seconds * NS

    held = stored(history, series("bid", "duka", seconds))
    assert held.equals(frame.filter(pl.col("ts").to_physical().is_between(int(held["ts"].to_physical()[0]), ended)))
    assert held["ts"].to_physical()[0] <= ns(since) + 86_400 * NS
    assert bids[:2] == [f"/candles/{path}" for path in paths]
    assert bids[2].startswith(f"/candles/{NAMES[seconds]}/EUR-USD/BID?from=")
    assert bids[3:] == bids[2:3]


def test_the_names_of_the_dow_and_gold_are_the_vendors(tmp_path):
    hands = Hands(NOW)
    with Server(lambda *_: (404, b""), hands) as server:
        fetch(server, History(tmp_path), Order("US30", 86_400, ns("2025-05-05"), ns("2025-06-05")), dukascopy.vendor)
        fetch(server, History(tmp_path), Order("xauusd", 60, ns("2026-01-05"), ns("2026-01-06")), datafeed.vendor)

    assert server.asked.paths == [
        "/candles/day/USA30.IDX-USD/BID/2025",
        "/candles/day/USA30.IDX-USD/ASK/2025",
        "/XAUUSD/2026/00/05/BID_candles_min_1.bi5",
        "/XAUUSD/2026/00/05/ASK_candles_min_1.bi5",
    ]


def tradewind(folder, *words, **environment):
    code = "from tradewind.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **environment)


def test_the_command_downloads_and_says_what_it_did(tmp_path):
    token = tmp_path / "token"
    token.write_text(Oanda.TOKEN)
    words = (
        "data",
        "download",
        "EURUSD",
        "--from",
        "oanda",
        "--since",
        "2026-01-12T00:00",
        "--until",
        "2026-01-12T10:00",
    )
    hands = Hands("2030-01-01")
    with Server(Oanda(MINUTES, hands), hands) as server:
        done = tradewind(tmp_path, *words, "--token-file", str(token), "--address", server.address)
        again = tradewind(tmp_path, *words, "--token-file", str(token), "--address", server.address, "--json")
    rows = 2 * before(MINUTES, ns("2026-01-12T10:00")).height

    assert done.returncode == 0, done.stderr
    assert f"EURUSD bars oanda bid, EURUSD bars oanda ask: {rows:,} rows, {rows:,} new" in done.stdout
    assert json.loads(again.stdout)["known"] == json.loads(again.stdout)["windows"]
    assert Oanda.TOKEN not in done.stdout + done.stderr + again.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("EURUSD", "--from", "oandaa"), "There is no vendor named 'oandaa'. Did you mean 'oanda'?"),
        (("EURUSD", "--from", "oanda", "--token-file", "none"), "The token file none cannot be read"),
        (("EURUS", "--from", "dukascopy", "--since", "2026-01-01"), "Did you mean 'EURUSD'?"),
        (("EURUSD", "--from", "dukascopy", "--since", "yesterday"), "'yesterday' is not a day or a moment"),
        (("EURUSD", "--from", "dukascopy", "--bar", "M7"), "There is no bar size of Dukascopy named 'M7'"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, words, said):
    done = tradewind(tmp_path, "data", "download", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("tradewind-data/*"))
