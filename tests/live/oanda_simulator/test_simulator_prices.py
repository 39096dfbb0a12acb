"""Prices come in from a tape and go out as candles and as a stream."""

import json
from decimal import Decimal

import httpx
import numpy as np
import pytest
from desk_cases import SECOND, client

from live.simulated_oanda import oanda_process, simulated_oanda
from tradewind.kernel.records import BAR, EVENT, QUOTE
from tradewind.simulators.oanda.candles import Alignment, close_of, open_of
from tradewind.simulators.oanda.tape import quotes_of
from tradewind.simulators.oanda.wire import read_moment, rfc3339


def test_a_bar_of_the_tape_is_shown_as_its_corners_and_a_quote_as_itself():
    rows = np.zeros(3, dtype=EVENT)
    rows[0]["ts"], rows[0]["kind"], rows[0]["span"] = 300 * SECOND, BAR, 60
    rows[0]["open"], rows[0]["high"], rows[0]["low"], rows[0]["close"] = 100, 103, 90, 95
    for number, corner in enumerate(("open", "high", "low", "close")):
        rows[0][f"spread_{corner}"] = number + 1
    rows[1]["ts"], rows[1]["kind"], rows[1]["open"], rows[1]["spread_open"] = 301 * SECOND, QUOTE, 96, 2
    rows[2]["ts"], rows[2]["kind"], rows[2]["instrument"] = 302 * SECOND, QUOTE, 1
    told = list(quotes_of([rows[:2], rows[2:]], {0: ("EUR_USD", Decimal("0.01"))}))

    assert [(one.ts // SECOND, str(one.bid), str(one.ask)) for one in told] == [
        (240, "1.00", "1.01"),
        (255, "1.03", "1.05"),
        (270, "0.90", "0.93"),
        (285, "0.95", "0.99"),
        (301, "0.96", "0.98"),
    ]


@pytest.mark.parametrize(
    ("granularity", "moment", "opens", "closes"),
    [
        ("M5", "2024-03-12T14:33:20Z", "2024-03-12T14:30", "2024-03-12T14:35"),
        ("D", "2024-01-16T12:00:00Z", "2024-01-15T22:00", "2024-01-16T22:00"),  # 17:00 New York in winter
        ("D", "2024-07-16T12:00:00Z", "2024-07-15T21:00", "2024-07-16T21:00"),  # and in summer
        ("H4", "2024-07-16T02:30:00Z", "2024-07-16T01:00", "2024-07-16T05:00"),
        ("D", "2024-03-10T12:00:00Z", "2024-03-09T22:00", "2024-03-10T21:00"),  # a day of 23 hours
        ("W", "2024-07-16T12:00:00Z", "2024-07-12T21:00", "2024-07-19T21:00"),  # from Friday
        ("M", "2024-07-16T12:00:00Z", "2024-07-01T21:00", "2024-08-01T21:00"),
    ],
)
def test_long_candles_begin_at_five_in_new_york(granularity, moment, opens, closes):
    start = open_of(granularity, Alignment(), read_moment(moment))

    assert rfc3339(start)[:16] == opens
    assert rfc3339(close_of(granularity, Alignment(), start))[:16] == closes


def test_candles_are_the_extremes_of_their_quotes():
    one = client()
    for bid in ("1.08100", "1.07900", "1.08050"):
        one.quote("EUR_USD", bid, f"{Decimal(bid) + Decimal('0.00020')}")
    answer = one.get("/instruments/EUR_USD/candles", granularity="M1", price="BA", count="1")["candles"][0]

    assert answer["bid"] == {"o": "1.08000", "h": "1.08100", "l": "1.07900", "c": "1.08050"}
    assert answer["ask"]["l"] == "1.07920"
    assert (answer["volume"], answer["complete"]) == (4, False)


def test_a_sampled_stream_skips_quotes_and_never_the_last():
    with simulated_oanda(sampling_s=0.2) as venue:
        below = f"{venue.url}/v3/accounts/{venue.account}/pricing/stream?instruments=EUR_USD"
        seen = []
        with httpx.stream("GET", below, headers=venue.headers, timeout=20) as stream:
            for line in stream.iter_lines():
                message = json.loads(line)
                if message["type"] == "PRICE":
                    seen.append(message["closeoutBid"])
                if len(seen) == 1 and message["type"] == "PRICE":
                    for number in range(100):
                        venue.price("EUR_USD", f"1.081{number:02}", "1.09000")
                if seen[-1:] == ["1.08199"]:
                    break

    assert len(seen) < 50


def test_stored_prices_are_shown(tmp_path):
    """A tape of made-up bars, stored as any other prices are."""
    from tradewind.data.synthetic.report import made_up  # noqa: PLC0415 - only here
    from tradewind.modes import open_history  # noqa: PLC0415 - only here
    from tradewind.requests import period_end, period_start  # noqa: PLC0415 - only here
    from tradewind.settings import Settings  # noqa: PLC0415 - only here

    history = open_history(Settings(data=tmp_path / "data"))
    made_up(history, ["XAUUSD"], (period_start("2025-10-01"), period_end("2025-10-01")), 1, bar="M1", compare=False)
    options = ("--tape", "XAUUSD", "--speed", "0", "--recorded-time", "--data", str(tmp_path / "data"))
    with oanda_process(tmp_path, *options, prices={}) as venue:
        below = f"{venue.url}/v3/accounts/{venue.account}/pricing/stream?instruments=XAU_USD"
        with httpx.stream("GET", below, headers=venue.headers, timeout=60) as stream:
            line = next(one for one in stream.iter_lines() if "PRICE" in one)

    assert json.loads(line)["time"] > "2025-09-30"
    assert json.loads(line)["time"] < "2025-10-02"
