"""Every parser against broken files: it gives rows that can be, or refuses with a sentence, and nothing is stored.

One small hand-made sample a layout; a vendor's inputs go round its samples. In `make test` 2,000 inputs a vendor,
in `make soak` a million; more or others with MUTATIONS=number and MUTATIONS_SEED=number. A failure prints the
sample and the seed, which give the same bytes again: `mutated(sample, seed)`.
"""

import contextlib
import faulthandler
import io
import json
import lzma
import os
import struct
import tempfile
from pathlib import Path

import polars as pl
import pytest
from data_cases import bars, ns, ticks_at
from mutations import mutated

from tradewind.adapters.parquet import History
from tradewind.data.checks import check_rows
from tradewind.data.importers import VENDORS, Wishes, generic, import_files
from tradewind.data.importers.guessing import proposed_of
from tradewind.data.importers.mapping import parse
from tradewind.data.importers.parsed import Stated
from tradewind.data.importers.sources import in_memory
from tradewind.data.importers.storing import Origin, store
from tradewind.errors import TradewindError
from tradewind.markets.loading import load_profile

INPUTS = int(os.environ.get("MUTATIONS", "2000"))
SOAK = 1_000_000
FIRST = int(os.environ.get("MUTATIONS_SEED", "1"))
EVERY = 400
"""Each so manieth input is a real file, imported into a real store."""
PATIENCE_S = 900


def packed(frame):
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def history_file(version):
    head = struct.pack("<i64s12sii60x", version, b"made by a test", b"XAUUSD", 60, 2)
    if version == 400:
        rows = [struct.pack("<i5d", 1_704_067_200 + 3600 * hour, 10, 9, 12, 11, 5 + hour) for hour in range(4)]
    else:
        rows = [struct.pack("<q4dqiq", 1_704_067_200 + 3600 * hour, 10, 12, 9, 11, 5, 7, 0) for hour in range(4)]
    return head + b"".join(rows)


MINUTES = [f"{minute:02}" for minute in range(6)]
BAR = "1.1001,1.1012,1.0999,1.1003"
DATED = {"clock": "NY+7"}
MAPPING = """
symbol = "EURUSD"
side = "bid"
clock = "offset"
format = "%d/%m/%Y %H:%M:%S%z"
separator = ";"
decimal = ","
bar = "M1"
spread = "points"
point = "0.0001"
skip = 1
[columns]
time = "When"
open = 2
high = 3
low = 4
close = 5
spread = "Spread"
"""
TABLE = "exported\nWhen;O;H;L;C;Spread\n" + "".join(
    f"02/01/2024 10:{minute}:00+0200;1,1;1,2;1,0;1,15;{minute}\n" for minute in MINUTES
)
BOTH = "time,bo,bh,bl,bc,ao,ah,al,ac\n" + "".join(
    f"2024-01-02T10:{minute}:00Z,1,2,1,2,1.5,2.5,1.5,2.5\n" for minute in MINUTES
)
BOTH_SIDES = 'symbol = "EURUSD"\nclock = "UTC"\n[columns]\ntime = 1\n' + "".join(
    f"{side}_{price} = {number}\n"
    for number, (side, price) in enumerate(
        ((side, price) for side in ("bid", "ask") for price in ("open", "high", "low", "close")), 2
    )
)

SAMPLES = {
    # vendor: (file name, content, what is stated)
    "Parquet": [
        ("XAUUSD_M1_test_bid.parquet", packed(bars("2025-01-01T00:00", 6)), {}),
        ("XAUUSD_ticks_test.parquet", packed(ticks_at([ns("2025-01-01") + second for second in range(6)])), {}),
    ],
    "MetaTrader 5": [
        ("XAUUSD_M5_1.csv", "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n" + "".join(
            f"2024.01.02\t01:{minute}:00\t2062.91\t2065.51\t2062.80\t2065.37\t222\t0\t7\r\n" for minute in MINUTES
        ), DATED),
        ("XAUUSD_1.csv", "<DATE>,<TIME>,<BID>,<ASK>,<LAST>,<VOLUME>,<FLAGS>\r\n" + "".join(
            f"2024.01.02,01:{minute}:00.123,2062.{minute},{'' if minute == '03' else 2064.5},,,6\r\n"
            for minute in MINUTES
        ), DATED),
    ],
    "MetaTrader 5 (Python)": [
        ("XAUUSD_M1_1.csv", "time,open,high,low,close,tick_volume,spread,real_volume\n" + "".join(
            f"17040672{minute}0,{BAR},22,7,0\n" for minute in "012345"
        ), DATED),
        ("XAUUSD_1.csv", ",time,bid,ask,last,volume,time_msc,flags,volume_real\n" + "".join(
            f"{minute},1704067200,1.1,1.2,0.0,0,17040672{minute}0123,6,0.0\n" for minute in "012345"
        ), DATED),
    ],
    "HistData": [
        ("DAT_ASCII_EURUSD_M1_1.csv", "".join(
            f"20240102 00{minute}00;{BAR.replace(',', ';')};0\n" for minute in MINUTES
        ), {}),
        ("DAT_MT_EURUSD_M1_1.csv", "".join(f"2024.01.02,00:{minute},{BAR},0\n" for minute in MINUTES), {}),
        ("DAT_MS_EURUSD_M1_1.csv", "".join(f"EURUSD,2024010200{minute},{BAR},0\n" for minute in MINUTES), {}),
        ("DAT_ASCII_EURUSD_T_1.csv", "".join(
            f"20240102 00{minute}00123,1.1001,1.1003,0\n" for minute in MINUTES
        ), {}),
    ],
    "MetaTrader 4": [
        ("XAUUSD1.csv", "".join(f"2024.01.02,00:{minute},{BAR},5\n" for minute in MINUTES), DATED),
        ("XAUUSD60.hst", history_file(400), DATED),
        ("XAUUSD60.hst", history_file(401), DATED),
    ],
    "Dukascopy": [
        ("EURUSD_5 Mins_Bid_1.csv", "Time (EET),Open,High,Low,Close,Volume \n" + "".join(
            f"2025.10.01 00:{minute}:00,{BAR},25.17\n" for minute in MINUTES
        ), {}),
        ("EURUSD_Ticks_1.csv", "Local time,Ask,Bid,AskVolume,BidVolume\n" + "".join(
            f"01.07.2019 13:{minute}:03.304 GMT+0900,1.2,1.1,0.75,1\n" for minute in MINUTES
        ), {}),
        ("XAGUSD_1_ticks.csv", "".join(
            f"2016.06.24 05:{minute}:13.484,0.17823,0.17856,0.02,0.02\r\n" for minute in MINUTES
        ), {}),
    ],
    "TradingView": [
        ("OANDA_XAUUSD, 1.csv", "time,open,high,low,close,Volume,MA\n" + "".join(
            f"17040672{minute}0,{BAR},5,1.1\n" for minute in "012345"
        ), {}),
        ("OANDA_XAUUSD, 1.csv", "time,open,high,low,close\n" + "".join(
            f"2024-01-02T10:{minute}:00-05:00,{BAR}\n" for minute in MINUTES
        ), {}),
    ],
    "Dukascopy bi5": [
        ("EURUSD/2019/01/04/05h_ticks.bi5", lzma.compress(b"".join(
            struct.pack(">IIIff", 1000 * row, 114_545 + row, 114_543 + row, 1.5, 2.25) for row in range(6)
        ), format=lzma.FORMAT_ALONE), {}),
        ("EURUSD/2019/01/04/BID_candles_min_1.bi5", lzma.compress(b"".join(
            struct.pack(">IIIIIf", 60 * row, 114_545, 114_546, 114_540, 114_550, row % 3) for row in range(6)
        ), format=lzma.FORMAT_ALONE), {}),
    ],
    "Dukascopy JSON": [
        ("candles-minute-EUR-USD-BID-2023.json", json.dumps({
            "timestamp": 1676764800000, "multiplier": 1e-05, "shift": 60000, "open": 1.1, "high": 1.10002,
            "low": 1.09999, "close": 1.10001, "times": [1, 3], "opens": [0, 10], "highs": [0, 10], "lows": [0, 10],
            "closes": [0, 10], "volumes": [1.5, 2],
        }), {}),
        ("ticks-BTC-USD-2023.json", json.dumps({
            "timestamp": 1676764800000, "multiplier": 0.1, "ask": 100.3, "bid": 100.1, "times": [5, 7],
            "asks": [0, -1], "bids": [0, 1], "askVolumes": [1e6, 2e6], "bidVolumes": [0, 5e5],
        }), {}),
    ],
    "OANDA JSON": [
        ("candles.json", json.dumps({"instrument": "US30_USD", "granularity": "M1", "candles": [
            {"time": "2026-01-15T14:30:00.000000000Z", "volume": 12, "complete": True,
             "bid": {"o": "100.0", "h": "102.0", "l": "99.0", "c": "101.0"},
             "ask": {"o": "101.0", "h": "103", "l": "100", "c": "102.0"}},
            {"time": "1768487460.000000000", "volume": 3, "complete": True,
             "mid": {"o": "101.0", "h": "103", "l": "100", "c": "102.0"}},
            {"time": "2026-01-15T14:32:00Z", "volume": 1, "complete": False},
        ]}), {}),
    ],
    "LEAN": [
        ("cfd/oanda/minute/xauusd/20140505_xauusd_minute_quote.csv", "".join(
            f"{minute}60000,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3,9\r\n" for minute in range(1, 6)
        ), {}),
        ("forex/fxcm/tick/eurusd/20140505_eurusd_tick_quote.csv", "".join(
            f"{minute}60000.25,1.1,1.2\r\n" for minute in range(1, 6)
        ), {}),
        ("cfd/oanda/hour/xauusd.csv", "".join(
            f"20140505 {minute}:00,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3,9\r\n" for minute in MINUTES
        ), {}),
    ],
    "a table with a mapping": [
        ("prices.csv", TABLE, {"mapping": MAPPING}),
        ("prices.csv", BOTH, {"mapping": BOTH_SIDES}),
    ],
}  # fmt: skip


class Toy:
    """A history that is a dictionary; a delivery is its own context."""

    def __init__(self):
        self.frames = {}
        self.waiting = {}
        self.parts = 0

    def delivery(self):
        self.waiting, self.parts = {}, 0
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_how):
        self.waiting = {}

    def add(self, series, frame):
        self.parts += 1
        assert self.parts < 100, "a small file has no end"
        self.waiting.setdefault(series, []).append(frame)

    def commit(self, _facts):
        told = {series: pl.concat(frames) for series, frames in self.waiting.items()}
        for series, frame in told.items():
            check_rows(frame, series.kind, "what was stored")
        self.frames = told
        return {series: Counted(frame.height, 0) for series, frame in told.items()}


class Counted:
    """What a write of the toy did."""

    def __init__(self, new, changed):
        self.new, self.changed = new, changed


def snapshot(root):
    history = History(root)
    return [(info.series, info.rows, info.version, history.digest(info.series)) for info in history.series()]


@contextlib.contextmanager
def no_longer_than(seconds):
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


class Bench:
    """What mutated inputs of one vendor are tried with."""

    def __init__(self, folder):
        self.folder = folder
        self.toy = Toy()
        self.root = folder / "history"
        self.profile = load_profile("metatrader")
        self.mappings = {}
        self.stored = self.refused = 0

    def stated(self, said):
        if "mapping" in said:
            path = self.mappings.setdefault(said["mapping"], self.folder / f"mapping{len(self.mappings)}.toml")
            path.write_text(said["mapping"])
            said = said | {"mapping": path}
        return Stated(**said)

    def tried(self, name, content, stated):
        """The toy has the rows of the input, or those it had before."""
        source = in_memory(name, content)
        vendor = generic if stated.mapping else next((one for one in VENDORS if one.recognises(source)), None)
        before = self.toy.frames
        if vendor is None:
            self.refused += 1
            return
        try:
            wishes = Wishes(stated)
            store(self.toy, [source], vendor, Origin(source.path, "", 1), wishes=wishes, profile=self.profile)
            self.stored += 1
        except TradewindError:
            self.refused += 1
            assert self.toy.frames is before

    def tried_for_real(self, name, content, stated):
        """The store has the rows of the input, or is what it was."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        before = snapshot(self.root)
        try:
            import_files([path], History(self.root), Wishes(stated))
        except TradewindError:
            assert snapshot(self.root) == before


def memory_folder():
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  a folder of it is made with a name of its own


def mutate(vendor, inputs):
    """Try so many inputs of a vendor; one in a thousand at least must be understood, else nothing was tested."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder, no_longer_than(PATIENCE_S * max(1, inputs / 2e4)):
        bench = Bench(Path(folder))
        samples = [(name, _bytes(content), bench.stated(said)) for name, content, said in SAMPLES[vendor]]
        for name, content, stated in samples:
            bench.tried(name, content, stated)
            bench.tried_for_real(name, content, stated)
        assert bench.stored == len(samples), "a sample is refused"
        for seed in range(FIRST, FIRST + inputs):
            name, content, stated = samples[seed % len(samples)]
            changed = mutated(content, seed)
            try:
                bench.tried(name, changed, stated)
                if seed % EVERY == 0:
                    bench.tried_for_real(name, changed, stated)
            except BaseException as error:
                error.add_note(f"{vendor}, sample {seed % len(samples)}, seed {seed}: {changed[:2000]!r}")
                raise
    print(f"{vendor}: {bench.stored} understood, {bench.refused} refused")
    assert bench.stored > inputs / 1000


def _bytes(content):
    return content if isinstance(content, bytes) else content.encode()


def test_every_vendor_has_a_sample():
    assert {module.NAME for module in (*VENDORS, generic)} == set(SAMPLES)


@pytest.mark.parametrize("vendor", SAMPLES)
def test_a_broken_file_is_understood_or_refused_and_never_half_stored(vendor):
    mutate(vendor, INPUTS)


@pytest.mark.soak
@pytest.mark.parametrize("vendor", SAMPLES)
def test_a_million_broken_files_are_understood_or_refused(vendor):
    mutate(vendor, max(INPUTS, SOAK))


@pytest.mark.parametrize(
    "read", [lambda text: parse(text, "m"), lambda text: proposed_of(in_memory("x.csv", text.encode()))]
)
def test_a_broken_mapping_and_a_broken_table_to_guess_at_are_refused_with_a_sentence(read):
    for seed in range(FIRST, FIRST + INPUTS):
        text = mutated((MAPPING if seed % 2 else TABLE).encode(), seed).decode("utf-8", "replace")
        try:
            read(text)
        except TradewindError:
            continue
        except BaseException as error:
            error.add_note(f"seed {seed}: {text!r}")
            raise
