"""What can be made to go wrong does go wrong, once and on the wire."""

import json
import time

import httpx
import pytest

from live.simulated_oanda import simulated_oanda
from tradewind.errors import TradewindError

ORDER = {"order": {"type": "MARKET", "instrument": "EUR_USD", "units": "100"}}
WAIT_S = 20.0


@pytest.fixture
def venue():
    with simulated_oanda() as running:
        yield running


@pytest.fixture
def http(venue):
    with httpx.Client(
        base_url=f"{venue.url}/v3/accounts/{venue.account}", headers=venue.headers, timeout=WAIT_S
    ) as one:
        yield one


def last(http):
    return int(http.get("/summary").json()["lastTransactionID"])


def lines(http, kind="pricing", until=lambda _: False):
    """Yield the lines of a stream, as texts, until it is cut or `until` says so; last the error, if there was one."""
    seen = []
    try:
        with http.stream("GET", f"/{kind}/stream", params={"instruments": "EUR_USD"}) as stream:
            for line in stream.iter_lines():
                seen.append(line)
                if until(seen):
                    return seen
    except httpx.TransportError as error:
        seen.append(error)
    return seen


@pytest.mark.parametrize(
    ("fault", "status", "happened"),
    [("too_many", 429, 0), ("server_errors", 500, 0), ("errors_after", 500, 2)],
)
def test_a_request_is_answered_with_an_error_once(venue, http, fault, status, happened):
    before = last(http)
    venue.faults(**{fault: 1})
    answers = [http.post("/orders", json=ORDER), http.post("/orders", json=ORDER)]

    assert [one.status_code for one in answers] == [status, 201]
    assert answers[0].headers["content-type"].startswith("application/json" if status == 429 else "text/html")
    assert last(http) == before + 2 + happened


@pytest.mark.parametrize(("fault", "happened"), [("lost", 0), ("unanswered", 2)])
def test_a_request_is_never_answered(venue, http, fault, happened):
    before = last(http)
    venue.faults(**{fault: 1})
    with pytest.raises(httpx.ReadTimeout):
        http.post("/orders", json=ORDER, timeout=0.3)

    assert last(http) == before + happened
    assert http.post("/orders", json=ORDER).status_code == 201


def test_in_maintenance_nothing_but_a_page_is_answered(venue, http):
    venue.faults(maintenance=True)
    during = http.get("/summary")
    venue.faults(maintenance=False)

    assert (during.status_code, "html" in during.text) == (503, True)
    assert http.get("/summary").status_code == 200


def test_a_new_order_cannot_be_found_at_once_and_is_there_later(venue, http):
    venue.faults(read_lag_s=0.3)
    made = http.post("/orders", json={"order": {**ORDER["order"], "type": "LIMIT", "price": "1.05"}}).json()
    number = made["orderCreateTransaction"]["id"]
    at_once = http.get(f"/orders/{number}"), http.get("/pendingOrders").json()["orders"]
    ends = time.monotonic() + WAIT_S
    while (found := http.get(f"/orders/{number}")).status_code != 200 and time.monotonic() < ends:
        time.sleep(0.05)

    assert at_once[0].json()["errorCode"] == "NO_SUCH_ORDER"
    assert at_once[1] == []
    assert found.json()["order"]["state"] == "PENDING"
    assert [one["id"] for one in http.get("/pendingOrders").json()["orders"]] == [number]


def test_a_clock_ahead_shows_in_every_time(venue, http):
    def seconds():
        answer = http.get("/pricing", params={"instruments": "EUR_USD"}, headers={"Accept-Datetime-Format": "UNIX"})
        return float(answer.json()["time"]), float(answer.json()["prices"][0]["time"])

    before = seconds()
    venue.faults(clock_skew_s=3600)
    after = seconds()

    assert after[0] - before[0] >= 3600
    assert after[1] - before[1] == pytest.approx(3600)


def test_a_stream_is_cut(venue, http):
    def cut(seen):
        if len(seen) == 2:
            venue.cut_streams()
        return False

    assert isinstance(lines(http, until=cut)[-1], httpx.RemoteProtocolError)


def test_a_line_is_sent_half_and_the_stream_cut(venue, http):
    def half(seen):
        if len(seen) == 2:
            venue.faults(half_lines=1)
            venue.price("EUR_USD", "1.09000", "1.09020")
        return False

    *whole, error = lines(http, until=half)

    assert isinstance(error, httpx.RemoteProtocolError)
    assert all(json.loads(line)["type"] in ("PRICE", "HEARTBEAT") for line in whole)


def test_a_line_is_sent_twice(venue, http):
    def twice(seen):
        if len(seen) == 1:
            venue.faults(duplicate_lines=1)
            http.post("/orders", json=ORDER)
        return len([line for line in seen if "ORDER_FILL" in line]) == 1

    seen = [line for line in lines(http, "transactions", twice) if "HEARTBEAT" not in line]

    assert seen[0] == seen[1]
    assert len(seen) == 3


def test_a_stream_falls_silent_and_speaks_again(venue, http):
    venue.faults(silent_streams=True)
    patience = httpx.Timeout(WAIT_S, read=0.5)
    with pytest.raises(httpx.ReadTimeout), http.stream("GET", "/transactions/stream", timeout=patience) as stream:
        next(stream.iter_lines())
    venue.faults(silent_streams=False)

    assert len(lines(http, "transactions", lambda seen: len(seen) == 2)) == 2


def test_a_heartbeat_of_transactions_tells_the_last_one(http):
    http.post("/orders", json=ORDER)
    beat = json.loads(lines(http, "transactions", lambda seen: len(seen) == 1)[0])

    assert (beat["type"], int(beat["lastTransactionID"])) == ("HEARTBEAT", last(http))


def test_every_order_is_rejected_and_nothing_else_is(venue, http):
    venue.faults(reject_orders="ACCOUNT_ORDER_CREATION_LOCKED")
    refused = http.post("/orders", json=ORDER)

    assert refused.json()["errorCode"] == "ACCOUNT_ORDER_CREATION_LOCKED"
    assert http.get("/summary").status_code == 200


@pytest.mark.parametrize(
    "given", [{"nonsense": 1}, {"lost": "many"}, {"lost": True}, {"delay_s": -1}, {"stops": "x"}, {"partial_fills": 2}]
)
def test_a_fault_that_cannot_be_is_refused(venue, given):
    with pytest.raises(TradewindError):
        venue.faults(**given)

    assert httpx.post(f"{venue.url}/simulator/faults", json=given, headers=venue.headers).status_code == 400


def test_faults_are_nobodys_business_without_the_token_or_where_they_were_not_asked_for(venue):
    assert httpx.post(f"{venue.url}/simulator/faults", json={"lost": 1}).status_code == 401
    with simulated_oanda(admin=False) as other:
        answer = httpx.post(f"{other.url}/simulator/faults", json={"lost": 1}, headers=other.headers)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"x" * 70_000, b'{"order": 1}', b'{"order": {"units": NaN}}', b"\xff\xfe", b"[" * 60_000],
)
def test_a_body_without_meaning_is_refused_and_leaves_no_transaction(http, body):
    before = last(http)
    answer = http.post("/orders", content=body)

    assert answer.status_code == 400
    assert "errorMessage" in answer.json()
    assert last(http) == before


def test_both_formats_of_time_have_nanoseconds(venue, http):
    venue.price("EUR_USD", "1.08", "1.081", ts=1_700_000_000_123_456_789)
    times = [
        http.get("/pricing", params={"instruments": "EUR_USD"}, headers={"Accept-Datetime-Format": name}).json()
        for name in ("RFC3339", "UNIX")
    ]

    assert [one["prices"][0]["time"] for one in times] == [
        "2023-11-14T22:13:20.123456789Z",
        "1700000000.123456789",
    ]
