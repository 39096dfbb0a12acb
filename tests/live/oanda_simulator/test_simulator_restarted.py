"""The simulator is killed and started again, from the command line, and has forgotten nothing."""

import httpx
import pytest
from desk_cases import NUMBER, client

from live.simulated_oanda import oanda_process
from tradewind.errors import BadData, BadSettings
from tradewind.simulators.oanda.desk import Desk
from tradewind.simulators.oanda.tokens import kept_token
from tradewind.simulators.oanda.venue import restore

PLACES = ("", "/orders?state=ALL", "/trades?state=ALL", "/positions", "/transactions/sinceid?id=0")


def picture(venue):
    with httpx.Client(headers=venue.headers, timeout=30) as http:
        return [http.get(f"{venue.url}/v3/accounts/{venue.account}{below}").json() for below in PLACES]


def test_a_killed_simulator_has_forgotten_nothing(tmp_path):
    with oanda_process(tmp_path) as venue:
        with httpx.Client(base_url=f"{venue.url}/v3/accounts/{venue.account}", headers=venue.headers) as http:
            stop = {"stopLossOnFill": {"distance": "5"}, "tradeClientExtensions": {"id": "mine"}}
            http.post("/orders", json={"order": {"instrument": "XAU_USD", "units": "3", **stop}})
            http.post("/orders", json={"order": {"type": "LIMIT", "instrument": "EUR_USD", "units": "9", "price": "1"}})
            http.put("/trades/@mine/close", json={"units": "1"})
        before = picture(venue)
        venue.kill()
        with venue.state.open("ab") as file:
            file.write(b'{"101-001-1234567-001": {"acc')  # what a write leaves that was cut off
        venue.start()
        for symbol, bid, ask in (("EUR_USD", "1.08000", "1.08020"), ("XAU_USD", "2400.100", "2400.500")):
            venue.price(symbol, bid, ask)
        after = picture(venue)
        venue.price("XAU_USD", "2380.000", "2380.400")
        stopped = picture(venue)

    assert after == before
    assert stopped[0]["account"]["openTradeCount"] == 0
    assert stopped[4]["transactions"][-1]["reason"] == "STOP_LOSS_ORDER"


def test_an_interrupt_ends_it_cleanly_and_the_token_is_its_owners(tmp_path):
    with oanda_process(tmp_path) as venue:
        mode = venue.token_file.stat().st_mode & 0o777
        code = venue.interrupt()

    assert (code, mode) == (0, 0o600)


def test_made_up_prices_are_shown_and_streamed(tmp_path):
    with oanda_process(tmp_path, "--synthetic", "EURUSD", "--speed", "0", "--to", "2025-10-01") as venue:
        below = f"{venue.url}/v3/accounts/{venue.account}/pricing/stream?instruments=EUR_USD"
        with httpx.stream("GET", below, headers=venue.headers, timeout=30) as stream:
            line = next(stream.iter_lines())
        interrupted = venue.interrupt()

    assert '"instrument":"EUR_USD"' in line
    assert interrupted == 0


def test_a_token_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "token"
    token = kept_token(path)
    again = kept_token(path)
    path.chmod(0o644)

    assert token == again
    assert len(token) == 64
    with pytest.raises(BadSettings, match="chmod 600"):
        kept_token(path)


@pytest.mark.parametrize("line", [b"nonsense\n", b"[1]\n", b'{"a": {}}\n'])
def test_a_damaged_state_is_refused(line):
    desk = Desk(client().desk.market.instruments)

    with pytest.raises(BadData):
        restore(desk, [line])


def test_what_was_saved_bit_by_bit_is_the_whole_account():
    import json  # noqa: PLC0415 - only here

    one = client()
    lines = [json.dumps({NUMBER: one.book.changes()})]
    for number in range(40):
        one.quote("EUR_USD", f"1.08{number * 37 % 100:03}", f"1.08{number * 37 % 100 + 20:03}")
        one.order(units=str((number % 7 - 3) * 100 or 50), trailingStopLossOnFill={"distance": "0.00050"})
        lines.append(json.dumps({NUMBER: one.book.changes()}))
    again = client()
    restore(again.desk, [f"{line}\n".encode() for line in lines])
    again.book, again.now = again.desk.books[NUMBER], one.now
    again.desk.market.quotes = one.desk.market.quotes

    assert one.book.changes() is None
    assert [again.get(below.partition("?")[0]) for below in PLACES[:4]] == [
        one.get(below.partition("?")[0]) for below in PLACES[:4]
    ]
