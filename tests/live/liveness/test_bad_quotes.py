"""The guard at the edge: nothing bad gets through, nothing good is lost, and everything refused has a name."""

import os
from pathlib import Path

import numpy as np
import pytest
from bad_quotes import KINDS, WEEK, inject, market, real_week
from calendar_cases import EURUSD, GOLD, ns
from hypothesis import given
from hypothesis import strategies as st

from tradewind.broker import Quote
from tradewind.liveness import findings
from tradewind.liveness.quotes import Bounds, QuoteGuard
from tradewind.markets.clock import HOUR, MINUTE, SECOND

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
needs_data = pytest.mark.skipif(not (DATA / WEEK[0]).is_file(), reason=f"no market data at {DATA}")
TUESDAY = ns("2025-03-04T10:00")


def counted(guard):
    return {kind: sum(n for (what, _), n in guard.counts.items() if what == kind) for kind in findings.KINDS}


def fed(guard, quotes, lag=0):
    """Return what is let through of quotes that arrive `lag` ns after their times."""
    return [one for quote in quotes for one in guard.take(quote, quote.ts + lag)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_quote_of_every_kind_is_refused_by_its_name(kind, monkeypatch):
    """Each kind alone, at some places of a market."""
    monkeypatch.setattr("bad_quotes.KINDS", {kind: KINDS[kind]})
    guard = QuoteGuard([GOLD])
    outcome = inject(guard, market(3, 400, TUESDAY), np.random.default_rng(4), 10)

    assert outcome.injected > 20
    assert (outcome.passed, outcome.unnamed, outcome.lost) == ([], [], 0)
    assert counted(guard)[KINDS[kind][1]] >= outcome.injected


@pytest.mark.parametrize("seed", range(5))
def test_thousands_of_bad_quotes_let_nothing_through_and_lose_nothing(seed):
    guard = QuoteGuard([GOLD])
    outcome = inject(guard, market(seed, 4000, TUESDAY), np.random.default_rng(seed), 5)

    assert outcome.injected > 700
    assert (outcome.passed, outcome.unnamed, outcome.lost) == ([], [], 0)
    assert sum(guard.counts.values()) >= outcome.injected
    assert len(guard.findings) <= 1000


@pytest.mark.soak
@needs_data
def test_a_hundred_thousand_bad_quotes_in_a_real_week():
    outcome = inject(QuoteGuard([GOLD]), real_week(DATA), np.random.default_rng(1), 9)

    assert outcome.injected >= 100_000
    assert (outcome.passed, outcome.unnamed) == ([], [])
    # The four real jumps of the week wait for a second print each: a bad one in between takes the first of the two.
    assert outcome.lost <= 4


@needs_data
def test_of_a_clean_real_week_not_one_quote_is_lost():
    guard = QuoteGuard([GOLD])
    quotes = real_week(DATA)

    assert fed(guard, quotes) == quotes
    assert len(quotes) == 917_876
    assert not guard.counts


def test_a_market_that_jumps_and_stays_is_let_through_with_the_second_print():
    quotes = market(1, 500, TUESDAY)
    guard = QuoteGuard([GOLD])
    fed(guard, quotes)
    last = quotes[-1]
    jump, after = (last._replace(ts=last.ts + step, bid=last.bid + 4000, ask=last.ask + 4001) for step in (9, 18))

    assert guard.take(jump, jump.ts) == ()
    assert guard.doubt(0) == "spike"
    assert guard.take(after, after.ts) == (jump, after)
    assert guard.doubt(0) == ""
    assert not guard.counts


def test_while_the_latest_print_is_in_doubt_so_is_the_price():
    guard = QuoteGuard([GOLD, EURUSD])
    quotes = market(1, 50, TUESDAY)
    fed(guard, quotes)
    last = quotes[-1]
    guard.take(last._replace(ts=last.ts + 1, bid=last.ask + 5), last.ts + 1)

    assert (guard.doubt(0), guard.doubt(1)) == ("crossed", "")
    assert guard.take(last._replace(ts=last.ts + 2), last.ts + 2)
    assert guard.doubt(0) == ""


def test_what_a_reconnect_tells_again_is_dropped_and_what_follows_is_not():
    quotes = market(2, 3000, TUESDAY)
    guard = QuoteGuard([GOLD])
    fed(guard, quotes[:2000])
    now = quotes[1999].ts
    guard.reconnected()
    again = [one._replace() for one in quotes if quotes[1999].ts - 10 * MINUTE < one.ts <= now]

    assert not [one for quote in again for one in guard.take(quote, now)]
    assert counted(guard)["replayed"] == len(again) > 1000
    assert fed(guard, quotes[2000:]) == quotes[2000:]


def test_what_a_restart_is_told_again_is_dropped_too():
    quotes = market(2, 100, TUESDAY)
    guard = QuoteGuard([GOLD])
    guard.begin(quotes[59])
    guard.reconnected()

    assert fed(guard, quotes) == quotes[60:]


@pytest.mark.parametrize("moment", ["2025-03-08T12:00", "2025-03-05T22:30", "2025-12-25T12:00", "2025-04-18T12:00"])
def test_no_quote_of_a_weekend_a_break_or_a_holiday_is_a_price(moment):
    guard = QuoteGuard([GOLD])
    assert fed(guard, market(1, 20, ns(moment))) == []
    assert counted(guard)["outside hours"] == 20


def test_what_was_stuck_somewhere_is_old_when_it_comes():
    quotes = market(1, 300, TUESDAY)
    guard = QuoteGuard([GOLD])
    fed(guard, quotes[:100])

    assert fed(guard, quotes[100:200], lag=6 * SECOND) == []
    assert counted(guard)["old"] == 100
    assert guard.doubt(0) == "old"
    assert fed(guard, quotes[200:], lag=4 * SECOND) == quotes[200:]


def test_the_first_price_of_all_waits_for_a_second():
    quotes = market(1, 3, TUESDAY)
    guard = QuoteGuard([GOLD])

    assert guard.take(quotes[0], quotes[0].ts) == ()
    assert guard.take(quotes[1], quotes[1].ts) == tuple(quotes[:2])


def test_a_raw_feed_may_have_no_spread():
    quotes = [one._replace(ask=one.bid) for one in market(1, 50, TUESDAY)]

    assert fed(QuoteGuard([GOLD], Bounds(locked=True)), quotes) == quotes
    assert fed(QuoteGuard([GOLD]), quotes) == []


@given(st.integers(0, 2**32), st.integers(10, 400))
def test_inside_the_window_quotes_are_put_in_order_and_outside_they_are_late(seed, window_ms):
    chance = np.random.default_rng(seed)
    quotes = market(seed, 300, TUESDAY)
    window = window_ms * 1_000_000
    delays = chance.integers(0, 2 * window, len(quotes)).tolist()
    arrivals = sorted(zip((q.ts + d for q, d in zip(quotes, delays, strict=True)), quotes, delays, strict=True))
    guard = QuoteGuard([GOLD], Bounds(window_ns=window, multiple=1000.0))

    through = []
    for now, quote, _ in arrivals:
        through += guard.take(quote, now)
    through += guard.release(quotes[-1].ts + HOUR)

    times = [quote.ts for quote in through]
    assert times == sorted(times)
    assert counted(guard)["late"] == len(quotes) - len(through)
    assert {q.ts for _, q, delay in arrivals if delay <= window} <= set(times)
    assert guard.next_release() is None


def test_every_kind_of_finding_is_one_that_the_tests_bring_about():
    brought = {kind for _, kind in KINDS.values()} | {"old", "replayed", "outside hours"}

    assert brought == set(findings.KINDS)
    assert len(KINDS) + 3 >= 30


def test_a_finding_is_short_whatever_was_sent():
    guard = QuoteGuard([GOLD])
    guard.take(Quote(0, TUESDAY, "x" * 100_000, 5), TUESDAY)
    guard.take(Quote(0, TUESDAY, 10**10_000, 5), TUESDAY)

    assert all(len(one.text) <= 120 for one in guard.findings)
    assert [one.kind for one in guard.findings] == ["malformed", "malformed"]
