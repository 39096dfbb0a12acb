"""The figures of real data that the synthetic market is compared with: from the lowest to the highest of all files.

Two feeds or two years of one instrument differ, so a figure has a range. M1 files tell of M1 and M5, M5 files of
everything coarser, H1 files of hours and dates.
"""

from bench.constants import FILES, PROFILE
from bench.measures import load
from tradewind.data.synthetic.calibration import ORDER
from tradewind.data.synthetic.statistics import correlations, statistics

FINE = {
    "US30": ("US30_M1_mt5ny_bid_20251202_20260220",),
    "XAUUSD": (
        "XAUUSD_M1_mt5ny_bid_20251203_20260220",
        "XAUUSD_M1_mt5eet_bid_20251219_20260220",
        "XAUUSD_M1_histdata_bid_20260101_20260220",
        "XAUUSD_M1_oanda_mid_20240101_20240221",
    ),
    "EURUSD": ("EURUSD_M1_oanda_bid_20140501_20140515", "EURUSD_ticks_oanda_20140504_20140509"),
}
COARSE = {
    "US30": (
        "US30_M5_mt5ny_bid_20250630_20260220",
        "US30_H1_mt5eet_bid_20160526_20221202",
        "US30_H1_duka_bid_20180501_20210630",
    ),
    "XAUUSD": (
        "XAUUSD_M5_mt5ny_bid_20250701_20260220",
        "XAUUSD_M5_mt5eet_bid_20240101_20241128",
        "XAUUSD_H1_oanda_bid_20060320_20190225",
        "XAUUSD_H1_mt5ny_bid_20180319_20241129",
    ),
    "EURUSD": ("EURUSD_M5_duka_bid_20250930_20260331", "EURUSD_H1_oanda_bid_20070101_20181231"),
}


def fair(name, figure):
    """Return whether a figure of a file says something about the market of these years."""
    if figure.startswith("spread"):  # of the brokers and years the spread is calibrated on
        return name in {FILES["US30"]["M1"], FILES["XAUUSD"]["quotes"], FILES["EURUSD"]["M5"]}
    if figure.startswith("quotes"):  # other files count other things
        return name in {one["quotes"] for one in FILES.values()}
    if name in FINE["EURUSD"]:  # two weeks of 2014: nothing that depends on how restless they were
        return figure.startswith(("no move M1", "range over move M1", "acf M1"))
    if "_M1_" in name:
        return "D1" not in figure
    return True


def reference():
    """Return (instrument, figure, lowest, highest, number of files)."""
    lines = []
    for symbol in FILES:
        found = {}
        for name in (*FINE[symbol], *COARSE[symbol]):
            for figure, value in statistics(load(name), PROFILE.instrument(symbol)).items():
                if fair(name, figure):
                    found.setdefault(figure, []).append(value)
        lines += [(symbol, figure, min(values), max(values), len(values)) for figure, values in found.items()]
    frames = {symbol: load(FILES[symbol]["M5"]) for symbol in ORDER}
    together = correlations(frames) | {
        figure: value
        for figure, value in correlations({one: load(FILES[one]["quotes"]) for one in ("US30", "XAUUSD")}).items()
        if " M1 " in figure
    }
    return lines + [("", figure, value, value, 1) for figure, value in together.items()]
