"""Incidents in which the network failed without a word, at a desk that trades at the simulated OANDA."""

import contextlib
import threading
import time

import numpy as np
import pytest
from half_open import HalfOpen
from oanda_desk import SECOND, WEDNESDAY, request, running, wall
from simulated_oanda import simulated_oanda

from tradewind.adapters.journal import SqliteJournal
from tradewind.errors import TradewindError
from tradewind.kernel.records import PLACE
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.trading.identity import parse

RED_WITHIN = 20.0


class Market:
    """Prices of gold, ten a second, until it is closed."""

    def __init__(self, venue):
        """It is open."""
        self.venue, self.ended = venue, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        number = 0
        while not self.ended.wait(0.1):
            number += 1
            bid = 2400 + number % 7 / 10
            self.venue.price("XAU_USD", f"{bid:.3f}", f"{bid + 0.4:.3f}")

    def close(self):
        """No price follows."""
        self.ended.set()
        self.thread.join(30)


@pytest.fixture
def venue():
    """A simulated OANDA on the clock of these tests, with a market that moves."""
    with simulated_oanda(now=wall) as one:
        market = Market(one)
        yield one
        market.close()


class Via:
    """The venue as it is reached over two ways that may go dead: one for requests, one for streams."""

    def __init__(self, venue):
        """Both live."""
        self.account, self.token = venue.account, venue.token
        self.requests, self.streams = HalfOpen(venue.port), HalfOpen(venue.port)
        self.url, self.stream_url = self.requests.url, self.streams.url

    def close(self):
        """Both are gone."""
        self.requests.close()
        self.streams.close()


@pytest.fixture
def via(venue):
    """The two ways to the venue."""
    with contextlib.closing(Via(venue)) as one:
        yield one


def orders_made(venue):
    """Return how many market orders the venue was ever given."""
    return sum(one["type"] == "MARKET_ORDER" for one in venue.book.transactions)


def ready(one):
    """Whether the heartbeat says that it may open."""
    return one.status().get("ready") is True


def agree(one, venue):
    """Whether desk and venue hold the same, and nothing is unknown."""
    status = one.status()
    held = sum(position["lots"] for position in status.get("positions", []))
    return status.get("unknown") == 0 and (held != 0) == bool(venue.book.trades)


def test_r16_the_daily_reset_is_waited_for_and_trading_goes_on_after_it(venue, tmp_path):
    """R16, LEAN .IB #227: it died at the broker's daily reset. Here: streams end, each request answered with 503."""
    with running(venue, tmp_path) as one:
        one.until(lambda: ready(one) and orders_made(venue) >= 2)
        venue.faults(maintenance=True)
        one.until(lambda: one.status().get("ready") is False, RED_WITHIN)
        made = orders_made(venue)
        end = time.monotonic() + 6
        one.until(lambda: time.monotonic() > end)
        assert one.status()["ready"] is False
        assert orders_made(venue) == made
        venue.faults(maintenance=False)

        one.until(lambda: ready(one) and orders_made(venue) > made)
        assert one.error is None


def decided(one, start, end):
    """Return the numbers of orders that the journal says were decided on in a stretch, ns."""
    found = set()
    with SqliteJournal.open(one.desk.folder.journal, LAYOUTS, readonly=True) as journal:
        rows = journal.read("commands")
    for row in rows[(rows["ts"] > start) & (rows["ts"] < end) & (rows["kind"] == PLACE)]:
        found.add(int(row["order"]))
    return found


def arrived(venue):
    """Return the kernel's numbers of the orders that the venue was given."""
    names = [made.get("clientExtensions", {}).get("id", "") for made in venue.book.transactions]
    return {told.order for told in map(parse, names) if told is not None}


def test_r24_a_gateway_that_swallows_requests_is_red_and_what_was_queued_is_never_sent(venue, via, tmp_path):
    """R24, OpenAlice #294: the gateway was dead, its health green, and orders were never sent, or much later.

    Prices go on coming here, so that the desk does decide; only its requests are swallowed by an open connection.
    """
    with running(via, tmp_path) as one:
        one.until(lambda: ready(one) and orders_made(venue) >= 2)
        via.requests.die()
        died = wall()
        one.until(lambda: one.status().get("ready") is False, RED_WITHIN)
        one.until(lambda: via.requests.swallowed and wall() > died + 17 * SECOND)
        assert one.status()["ready"] is False
        revived = wall()
        via.requests.live()

        made = orders_made(venue)
        one.until(lambda: ready(one) and orders_made(venue) > made)
        one.until(lambda: agree(one, venue))
        swallowed = decided(one, died + SECOND // 2, revived)
    assert swallowed
    assert not swallowed & arrived(venue)


def test_r24_streams_that_stay_open_and_say_nothing_are_red_and_green_again_when_they_speak(venue, via, tmp_path):
    """R24, the other half: requests are answered, and of prices and reports nothing comes, nor an end."""
    with running(via, tmp_path) as one:
        one.until(lambda: ready(one) and orders_made(venue) >= 1)
        via.streams.die()
        one.until(lambda: one.status().get("ready") is False, RED_WITHIN)
        via.streams.live()

        made = orders_made(venue)
        one.until(lambda: ready(one) and orders_made(venue) > made)
        assert one.error is None


def test_r23_a_journal_of_another_version_is_refused_before_anything_is_traded(tmp_path, monkeypatch):
    """R23, Knight 2012: one of eight servers ran other code. Rows of another shape are not taken for ours."""
    prepared = prepare(request(tmp_path))
    desk, journal = open_account(prepared, "old", "paper")
    with journal:
        desk.begin(WEDNESDAY, desk.start_document)
    layout = LAYOUTS["commands"]
    # The same size and the same names, two of them in each other's place: nothing else would notice.
    swapped = list(layout.descr)
    first, second = next((a, b) for a in range(len(swapped)) for b in range(a) if swapped[a][1] == swapped[b][1])
    swapped[first], swapped[second] = swapped[second], swapped[first]
    for other in (np.dtype(swapped), np.dtype([*layout.descr, ("more", "<i8")]), np.dtype(layout.descr[:-1])):
        monkeypatch.setattr("tradewind.live.start.LAYOUTS", {**LAYOUTS, "commands": other})
        with pytest.raises(TradewindError, match="Open it with the version that wrote it"):
            open_account(prepared, "old", "paper")
    monkeypatch.setattr("tradewind.live.start.LAYOUTS", {**LAYOUTS, "newer": layout})
    open_account(prepared, "old", "paper")[1].close()
