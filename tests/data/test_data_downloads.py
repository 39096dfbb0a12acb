"""Downloads of ticks against a vendor that fails in every way: the history is that of an undisturbed download."""

import json
import random
from itertools import pairwise

import polars as pl
import pytest
import vendor_server as vendors
from data_cases import ns
from vendor_server import HOUR, NO_TICKS, Hands, Server, tick_frame, ticks_bi5, ticks_json

from tradewind.adapters.parquet import History
from tradewind.data.downloads import datafeed, download, dukascopy
from tradewind.data.downloads import line as lines
from tradewind.data.downloads.line import Line, Timing
from tradewind.data.downloads.window import Order
from tradewind.data.series import Series
from tradewind.errors import TradewindError, UnknownName

ALL = (-(2**62), 2**62)
TICKS = Series("EURUSD", "ticks", 0, "duka", "both")
SINCE, UNTIL = ns("2026-07-10T14:00"), ns("2026-07-13T02:00")
NOW = "2026-07-20T00:00"
CLOSED = range(ns("2026-07-10T21:00"), ns("2026-07-12T21:00"), HOUR)
HOURS = [start for start in range(SINCE, UNTIL, HOUR) if start not in CLOSED]


def moment(parts, first_month):
    year, month, day, hour = (int(part) for part in parts)
    return ns(f"{year:04}-{month + 1 - first_month:02}-{day:02}T{hour:02}")


def as_json(path, _query, _headers):
    """Answer as the JSON service does: an hour of the weekend has no ticks."""
    *_, code, year, month, day, hour = path.split("/")
    start = moment((year, month, day, hour), 1)
    assert code == "EUR-USD"
    return 200, json.dumps(NO_TICKS).encode() if start in CLOSED else ticks_json(start)


def as_files(path, _query, _headers):
    """Answer as the older service did: an hour of the weekend is an empty file, or not there."""
    _, name, year, month, day, file = path.split("/")
    start = moment((year, month, day, file[:2]), 0)
    assert (name, file[2:]) == ("EURUSD", "h_ticks.bi5")
    if start in CLOSED:
        return (200, b"") if start // HOUR % 2 else (404, b"not here")
    return 200, ticks_bi5(start)


KINDS = {"json": (dukascopy.vendor, as_json), "bi5": (datafeed.vendor, as_files)}


def fetch(server, history, order=None, make=dukascopy.vendor, told=None, hands=None):
    hands = hands or server.hands
    vendor = make(server.address)
    with Line(vendor, Timing(hands.now, hands.sleep), seed=1) as line:
        return download(order or Order("EURUSD", 0, SINCE, UNTIL), vendor, history, line, told)


def ticks(history):
    return pl.concat(history.ticks(TICKS, *ALL))


@pytest.mark.parametrize("kind", KINDS)
def test_hours_of_ticks_are_stored_and_never_asked_for_again(tmp_path, kind):
    make, answer = KINDS[kind]
    history = History(tmp_path)
    with Server(answer, Hands(NOW)) as server:
        first = fetch(server, history, make=make)
        asked = len(server.asked)
        second = fetch(server, history, make=make)

    assert (first.windows, first.empty, first.rows, first.new) == (60, 48, 12 * 40, 12 * 40)
    assert ticks(history).equals(tick_frame(HOURS))
    assert (asked, len(server.asked)) == (60, 60)
    assert (second.known, second.requests, second.rows) == (60, 0, 0)
    assert history.kept(TICKS, "downloaded")["covered"] == [[SINCE, UNTIL]]


def test_both_services_give_the_same_history(tmp_path):
    for kind, (make, answer) in KINDS.items():
        with Server(answer, Hands(NOW)) as server:
            fetch(server, History(tmp_path / kind), make=make)

    assert History(tmp_path / "json").digest(TICKS) == History(tmp_path / "bi5").digest(TICKS)


FAULTS = {
    "too many requests": vendors.status(429),
    "too many requests, wait": vendors.status(429, Retry_After="7"),
    "too many requests, wait until": vendors.status(429, Retry_After="Mon, 20 Jul 2026 00:02:00 GMT"),
    "too many requests, nonsense": vendors.status(429, Retry_After="soon"),
    "internal error": vendors.status(500),
    "bad gateway": vendors.status(502),
    "unavailable": vendors.status(503, Retry_After="3"),
    "cut": vendors.cut,
    "gone": vendors.gone,
    "slow": vendors.slow,
    "nothing": vendors.body(b""),
    "a page": vendors.body(b"<!DOCTYPE html><html>Attention required</html>"),
    "half JSON": vendors.body(b'{"timestamp": 17'),
    "another JSON": vendors.body(b'{"error": "later"}'),
    "a list": vendors.body(b"[]"),
    "another hour": vendors.body(ticks_json(ns("2026-01-05T10:00"))),
    "candles": vendors.body(b'{"timestamp": 0, "multiplier": 0.1, "shift": 60000, "times": []}'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_nothing_but_the_number_of_requests(tmp_path, monkeypatch, fault):
    """Each fault comes twice in a row, and once more at the end."""
    monkeypatch.setattr(lines, "SILENCE_S", 0.15)
    history = History(tmp_path)
    with Server(as_json, Hands(NOW)) as server:
        server.faults = dict.fromkeys((3, 4, 60), FAULTS[fault])
        summary = fetch(server, history)

    assert ticks(history).equals(tick_frame(HOURS))
    assert summary.requests == len(server.asked) == 63


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_any_mixture_of_faults_changes_nothing(tmp_path, monkeypatch, kind, seed):
    monkeypatch.setattr(lines, "SILENCE_S", 0.15)
    make, answer = KINDS[kind]
    chance = random.Random(seed)
    # An empty answer is an empty hour in the older service: it cannot be told from a fault.
    harmful = [fault for name, fault in FAULTS.items() if name not in ("slow", "nothing")]
    history = History(tmp_path)
    with Server(answer, Hands(NOW)) as server:
        server.faults = {number: chance.choice(harmful) for number in range(1, 200) if chance.random() < 0.3}
        fetch(server, history, make=make)

    assert ticks(history).equals(tick_frame(HOURS))


def test_what_came_before_the_vendor_was_gone_stays_and_the_rest_follows(tmp_path):
    history = History(tmp_path)
    with Server(as_json, Hands(NOW)) as server:
        server.gone_after = 5
        with pytest.raises(
            TradewindError, match=r"did not answer for ticks/EUR-USD/2026/7/10/19 in 7 tries.*is stored"
        ):
            fetch(server, history)
        assert ticks(history).equals(tick_frame(HOURS[:5]))
        server.gone_after = None
        summary = fetch(server, history)

    assert ticks(history).equals(tick_frame(HOURS))
    assert (summary.known, summary.requests) == (5, 55)
    assert max(server.asked.paths.count(path) for path in server.asked.paths[:5]) == 1


class Killed(BaseException):
    """The process is gone: nobody tidies up."""


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 7])
def test_a_download_that_was_killed_goes_on_where_it_was(tmp_path, monkeypatch, at):
    """Killed at each step of storing: before and after the rows and the document about them."""
    history = History(tmp_path)
    steps = {"count": 0}

    def step(name):
        inner = getattr(History, name)

        def counted(self, *args, **more):
            steps["count"] += 1
            if steps["count"] == at + 1:
                raise Killed
            return inner(self, *args, **more)

        return counted

    hands = Hands(NOW)
    hands_sleep = hands.sleep
    hands.sleep = lambda seconds: hands_sleep(seconds * 40)  # so that a minute passes every few hours of ticks
    with Server(as_json, hands) as server:
        with monkeypatch.context() as patched:
            for name in ("delivery", "keep"):
                patched.setattr(History, name, step(name))
            with pytest.raises(Killed):
                fetch(server, history)
        before = len(server.asked)
        fetch(server, history)

    assert ticks(history).equals(tick_frame(HOURS))
    assert before < 60


def test_ctrl_c_stores_what_came(tmp_path):
    history = History(tmp_path)

    def stop(fetched):
        if fetched.number == 4:
            raise KeyboardInterrupt

    with Server(as_json, Hands(NOW)) as server, pytest.raises(KeyboardInterrupt):
        fetch(server, history, told=stop)

    assert ticks(history).equals(tick_frame(HOURS[:4]))
    assert history.kept(TICKS, "downloaded")["covered"] == [[SINCE, SINCE + 4 * HOUR]]


def test_requests_come_one_at_a_time_and_no_faster_than_said(tmp_path):
    """By the toy clock: half a second between requests, and pauses that double, with some chance in them."""
    hands = Hands(NOW)
    with Server(as_json, hands) as server:
        server.faults = dict.fromkeys((10, 11, 12), vendors.status(503))
        fetch(server, History(tmp_path))
    moments = [asked[3] for asked in server.asked]
    gaps = [(after - before) / 1e9 for before, after in pairwise(moments)]

    assert min(gaps) >= 0.5
    for gap, doubled in zip(gaps[9:12], (1, 2, 4), strict=True):
        assert doubled / 2 <= gap <= doubled
    assert all("tradewind" in headers["User-Agent"] for _, _, headers, _ in server.asked)


def test_the_pause_a_vendor_asks_for_is_kept(tmp_path):
    hands = Hands(NOW)
    with Server(as_json, hands) as server:
        server.faults = {2: vendors.status(429, Retry_After="90"), 4: FAULTS["too many requests, wait until"]}
        fetch(server, History(tmp_path), Order("EURUSD", 0, SINCE, SINCE + 3 * HOUR))
    moments = [asked[3] for asked in server.asked]

    assert moments[2] - moments[1] == 90 * 10**9
    assert moments[4] == ns("2026-07-20T00:02")


def test_a_vendor_that_wants_a_long_rest_is_left_alone(tmp_path):
    with Server(as_json, Hands(NOW)) as server:
        server.faults = {3: vendors.status(429, Retry_After="7200")}
        with pytest.raises(TradewindError, match=r"asks us to wait 7,200 seconds.*is stored"):
            fetch(server, History(tmp_path))

    assert len(server.asked) == 3
    assert ticks(History(tmp_path)).height == 80


def test_an_answer_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LARGEST", 1000)
    with Server(as_json, Hands(NOW)) as server, pytest.raises(TradewindError, match="an answer of more than"):
        fetch(server, History(tmp_path))


def test_hours_between_those_known_already_do_not_touch_them(tmp_path):
    """Ticks replace a stretch, so what lies between two hours that are fetched must not be in it."""
    history = History(tmp_path)
    with Server(as_json, Hands(NOW)) as server:
        fetch(server, history, Order("EURUSD", 0, SINCE + 2 * HOUR, SINCE + 4 * HOUR))
        before = ticks(history)
        fetch(server, history, Order("EURUSD", 0, SINCE, SINCE + 6 * HOUR))

    assert ticks(history).equals(tick_frame(HOURS[:6]))
    assert before.equals(tick_frame(HOURS[2:4]))
    assert len(server.asked) == 6


def test_an_hour_that_is_not_over_is_left_for_the_next_time(tmp_path):
    history = History(tmp_path)
    hands = Hands("2026-07-13T01:05")
    with Server(as_json, hands) as server:
        first = fetch(server, history, Order("EURUSD", 0, ns("2026-07-12T22:00")))
        hands.ts = ns("2026-07-13T02:30")
        second = fetch(server, history, Order("EURUSD", 0))

    assert (first.windows, first.new) == (2, 80)
    assert (second.known, second.new) == (1, 80)
    assert ticks(history).equals(tick_frame(range(ns("2026-07-12T22:00"), ns("2026-07-13T02:00"), HOUR)))


def test_rows_that_cannot_be_are_left_out_and_counted(tmp_path):
    def crossed(path, *_more):
        return 200, ticks_json(moment(path.split("/")[-4:], 1), crossed=(5, 6))

    history = History(tmp_path)
    with Server(crossed, Hands(NOW)) as server:
        summary = fetch(server, history, Order("EURUSD", 0, SINCE, SINCE + HOUR))

    assert (summary.rows, summary.left_out) == (38, 2)


def test_nothing_but_not_found_is_no_weekend(tmp_path):
    """A vendor that knows none of the hours has moved or never had them: nothing is remembered as empty."""
    history = History(tmp_path)
    known = {"from": SINCE + 200 * HOUR}

    def nowhere(path, *more):
        start = moment(path.split("/")[-4:], 1)
        return (404, b"") if start < known["from"] else as_json(path, *more)

    order = Order("EURUSD", 0, SINCE, SINCE + 100 * HOUR)
    with Server(as_json, Hands(NOW)) as server:
        fetch(server, history, Order("EURUSD", 0, SINCE - HOUR, SINCE))
    with Server(nowhere, Hands(NOW)) as server:
        with pytest.raises(TradewindError, match=r"48 requests in a row were answered 'not found'.*--since"):
            fetch(server, history, order)
        assert history.kept(TICKS, "downloaded")["covered"] == [[SINCE - HOUR, SINCE]]
        known["from"] = SINCE + 3 * HOUR
        summary = fetch(server, history, order)

    assert summary.known == 0
    assert history.kept(TICKS, "downloaded")["covered"] == [[SINCE - HOUR, SINCE + 100 * HOUR]]


def test_a_request_that_is_refused_ends_at_once(tmp_path):
    with Server(lambda *_: (403, b"blocked"), Hands(NOW)) as server:
        with pytest.raises(TradewindError, match=r"refused the request \(HTTP 403\)"):
            fetch(server, History(tmp_path))
        with pytest.raises(UnknownName, match=r"no instrument of Dukascopy named 'EURUSDD'.*Did you mean 'EURUSD'"):
            fetch(server, History(tmp_path), Order("EURUSDD", 0, SINCE, UNTIL))
        with pytest.raises(UnknownName, match="no bar size of Dukascopy named 'M5'"):
            fetch(server, History(tmp_path), Order("EURUSD", 300, SINCE, UNTIL))
        with pytest.raises(TradewindError, match="empty or in the future"):
            fetch(server, History(tmp_path), Order("EURUSD", 0, ns("2030-01-01")))

    assert len(server.asked) == 1


def test_a_damaged_record_of_downloads_is_made_anew(tmp_path):
    history = History(tmp_path)
    with Server(as_json, Hands(NOW)) as server:
        fetch(server, history, Order("EURUSD", 0, SINCE, SINCE + 2 * HOUR))
        history.keep(TICKS, "downloaded", {"covered": [[1, "now"]]})
        summary = fetch(server, history, Order("EURUSD", 0, SINCE, SINCE + 2 * HOUR))

    assert (summary.known, summary.new, summary.changed) == (0, 0, 0)
    assert history.kept(TICKS, "downloaded")["covered"] == [[SINCE, SINCE + 2 * HOUR]]


def test_many_downloads_leave_one_line_in_the_manifest(tmp_path):
    history = History(tmp_path)
    with Server(as_json, Hands(NOW)) as server:
        for hour in range(4):
            fetch(server, history, Order("EURUSD", 0, SINCE, SINCE + (hour + 1) * HOUR))

    assert len(history.series()[0].sources) == 1
