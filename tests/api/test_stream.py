"""The stream: nothing of the journal is lost or told twice across cuts, and slow or strange clients harm nobody."""

import asyncio
import json
import threading
import time

import pytest
from api_hands import PASSWORD
from starlette.websockets import WebSocketDisconnect

from tradewind.adapters.entrance import keys, users
from tradewind.api.stream import session as sessions
from tradewind.api.stream.session import Session
from tradewind.api.stream.tickets import Tickets, may_still
from tradewind.live.folder import Folder
from tradewind.live.start import open_journal
from tradewind.settings import Settings
from tradewind.views import happenings, tail
from tradewind.views.tail import BEGINNING, Tail

PATH = "/api/v1/stream"


class Trader:
    """An account whose journal grows by alerts, as one of a trader does."""

    def __init__(self, data, name="demo"):
        """A journal is there, with its start."""
        self.folder = Folder(data / "accounts" / name)
        self.folder.root.mkdir(parents=True)
        self.journal = open_journal(Settings(data=data), self.folder)
        self.count = 0
        self.told(1)

    def told(self, count):
        """So many alerts are durable, each in a commit of its own; their texts are numbers from 1 on."""
        for _ in range(count):
            self.count += 1
            self.journal.note("alert", {"about": "test", "level": "info", "text": str(self.count), "ts": self.count})
            self.journal.commit(1)


@pytest.fixture
def trader(tmp_path):
    """Return an account beside the API."""
    one = Trader(tmp_path)
    yield one
    one.journal.close()


def ticket(hands, *scopes):
    """Return a ticket of a new client."""
    client = hands.client(*(scopes or ("read",)))
    return client, client.post(f"{PATH}/tickets").json()["ticket"]


def opened(hands):
    """Return a context with a socket that has been let in."""
    client, text = ticket(hands)
    return client.websocket_connect(f"{PATH}?ticket={text}")


def wish(socket, *topics, **more):
    """The socket subscribes; return the answer."""
    socket.send_json({"do": "subscribe", "topics": topics, **more})
    return until(socket, "subscribed")


def until(socket, kind):
    """Return the next message of a kind."""
    while (told := socket.receive_json())["type"] != kind:
        pass
    return told


def texts(socket, count):
    """Return the texts of the next so many alerts, and the position behind the last."""
    found = []
    while len(found) < count:
        told = until(socket, "journal")
        found += [one["text"] for one in told["alerts"]]
    return found, told["at"]


def numbers(first, last):
    """Return the texts of alerts."""
    return [str(one) for one in range(first, last + 1)]


def test_what_happens_is_told_in_order_and_numbered(hands, trader):
    with opened(hands) as socket:
        told = wish(socket, "alerts")
        trader.told(30)
        found, _ = texts(socket, 30)

    assert found == numbers(2, 31)
    assert list(told["at"]) == ["demo"]


def test_after_a_cut_everything_since_comes_and_nothing_twice(hands, trader):
    """Cuts at many places, with alerts before, while and after the client is away."""
    found, at = [], None
    for cut in (1, 7, 3, 40, 2):
        with opened(hands) as socket:
            told = wish(socket, "alerts", after={} if at is None else {"demo": at})
            assert "reset" not in told
            at = at or told["at"]["demo"]
            trader.told(cut)
            some, at = texts(socket, cut)
            found += some
            trader.told(2)  # on their way when the client is cut
        trader.told(3)
    with opened(hands) as socket:
        wish(socket, "alerts", after={"demo": at})
        some, _ = texts(socket, trader.count - 1 - len(found))

    assert found + some == numbers(2, trader.count)


def test_who_was_away_for_longer_than_is_kept_reads_the_journal(hands, trader, monkeypatch):
    monkeypatch.setattr("tradewind.api.stream.hub.KEPT", 10)
    with opened(hands) as other:
        at = wish(other, "alerts")["at"]["demo"]
        trader.told(300)
        assert texts(other, 300)[0] == numbers(2, 301)
        with opened(hands) as socket:
            wish(socket, "alerts", after={"demo": at})
            assert texts(socket, 300)[0] == numbers(2, 301)
        with opened(hands) as socket:
            wish(socket, "alerts", after={"demo": str(BEGINNING)})
            assert texts(socket, 301)[0] == numbers(1, 301)


def test_two_clients_are_told_the_same_while_a_trader_writes(hands, trader):
    with opened(hands) as one, opened(hands) as other:
        wish(one, "alerts")
        wish(other, "alerts", "orders")
        writing = threading.Thread(target=trader.told, args=(200,))
        writing.start()
        assert texts(one, 200) == texts(other, 200)
        writing.join()


def test_a_position_in_another_journal_is_said_to_be_none(hands, trader):
    with opened(hands) as socket:
        at = wish(socket, "alerts", after={"demo": "1-000000000000"})
        assert at["reset"] == ["demo"]
        trader.told(1)
        assert texts(socket, 1)[0] == ["2"]


def test_topics_that_were_not_wished_are_not_told(hands, trader):
    with opened(hands) as socket:
        wish(socket, "orders", "state")
        trader.told(5)
        trader.journal.note("limits", {"ts": 77})
        trader.journal.commit(1)
        told = until(socket, "journal")

    assert set(told) == {"n", "type", "account", "seq", "at", "state"}
    assert told["state"] == [{"what": "limits", "number": 7, "ts": 77}]


@pytest.mark.usefixtures("trader")
def test_a_client_that_wishes_all_accounts_hears_of_new_ones(hands, tmp_path):
    with opened(hands) as socket:
        wish(socket, "alerts")
        another = Trader(tmp_path, "later")
        another.told(1)
        found, _ = texts(socket, 2)
    with opened(hands) as socket:
        at = wish(socket, "alerts", accounts=["demo"])["at"]
        wish(socket, "alerts", after=at)
        again, _ = texts(socket, 2)
    another.journal.close()

    assert found == again == ["1", "2"]


@pytest.mark.usefixtures("trader")
def test_jobs_are_told(hands):
    with opened(hands) as socket:
        wish(socket, "jobs")
        made = hands.client("backtest").post(
            "/api/v1/backtests",
            json={"strategies": ["ema_cross"], "on": ["XAUUSD"]},
            headers={"idempotency-key": "a" * 20},
        )
        assert made.status_code == 202, made.text
        assert until(socket, "jobs")["latest"]["id"] == made.json()["id"]


def test_a_ticket_opens_once_within_half_a_minute_and_only_what_may_read(hands):
    client, text = ticket(hands)
    with client.websocket_connect(f"{PATH}?ticket={text}"):
        pass
    for wrong in (text, "", "x" * 43, "\ud800"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{PATH}?ticket={wrong!a}"):
            pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{PATH}?ticket={text}"):
        pass
    _, late = ticket(hands)
    hands.later(30)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{PATH}?ticket={late}"):
        pass
    assert hands.client().post(f"{PATH}/tickets").status_code == 401
    for scope in ("backtest", "paper", "trade", "admin", "kill"):
        assert hands.client(scope).post(f"{PATH}/tickets").status_code == 403


def test_a_page_of_another_site_does_not_come_in_with_a_good_ticket(hands):
    client, text = ticket(hands)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"{PATH}?ticket={text}", headers={"origin": "https://evil.example"}),
    ):
        pass
    with client.websocket_connect(f"{PATH}?ticket={text}", headers={"origin": "http://testserver"}):
        pass


@pytest.mark.parametrize(
    "said",
    [
        "", "[]", "null", "{", '{"do":"subscribe"}', '{"do":"subscribe","topics":[]}',
        '{"do":"subscribe","topics":["secrets"]}', '{"do":"shout","topics":["jobs"]}',
        '{"do":"subscribe","topics":["jobs"],"accounts":["../../etc"]}',
        '{"do":"subscribe","topics":["jobs"],"accounts":["nobody"]}',
        '{"do":"subscribe","topics":["alerts"],"after":{"demo":"later"}}',
        '{"do":"subscribe","topics":["alerts"],"after":{"demo":"99999999999999999999-0"}}',
        '{"do":"subscribe","topics":["jobs"],"more":1}', "x" * 70_000,
    ],
)  # fmt: skip
@pytest.mark.usefixtures("trader")
def test_what_no_client_says_ends_it_with_a_reason(hands, said):
    with opened(hands) as socket:
        socket.send_text(said)
        with pytest.raises(WebSocketDisconnect) as ended:
            until(socket, "never")

    assert ended.value.code == 1007
    assert ended.value.reason


class Stuck:
    """A socket whose other end takes so many messages and then nothing any more."""

    def __init__(self, takes):
        self.takes, self.taken = takes, []
        self.application_state = None

    async def receive_text(self):
        """One wish, then silence."""
        if not self.taken and self.takes >= 0:
            self.takes, self.taken = self.takes, [None]
            return json.dumps({"do": "subscribe", "topics": ["alerts"]})
        await asyncio.sleep(3600)
        return ""

    async def send_text(self, text):
        """Taken, or it waits."""
        if len(self.taken) > self.takes:
            await asyncio.sleep(3600)
        self.taken.append(text)


def test_a_client_that_takes_nothing_is_cut_off_and_nothing_is_put_in_line_for_it(hands, trader):
    hub = hands.app.state.stream
    socket = Stuck(3)

    async def listen():
        one = Session(socket, hub, None, patience_s=0.3)
        running = asyncio.create_task(one.run())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(trader.told, 50)
        async with asyncio.timeout(10):
            await running

    asyncio.run(listen())

    assert len(socket.taken) == 4
    assert hub.listeners == 0


@pytest.mark.usefixtures("trader")
def test_a_slow_client_gets_the_latest_price_and_not_all_of_them(hands):
    hub = hands.app.state.stream
    with opened(hands) as socket:
        wish(socket, "quotes")
        for number in range(1000):
            hub.put(("quotes", "demo", "XAUUSD"), {"symbol": "XAUUSD", "bid": number})
        seen = []
        while not seen or seen[-1] != 999:
            hub.put(("quotes", "demo", "US30"), {"bid": time.time_ns()})
            told = until(socket, "quotes")["latest"]
            if told.get("symbol"):
                seen.append(told["bid"])

    assert seen == sorted(set(seen))
    assert len(hub.latest) <= 4


def test_who_may_not_read_any_more_is_told_to_go(hands, trader, monkeypatch):
    monkeypatch.setattr(sessions, "ASKED_S", 0.0)
    entrance = hands.house.entrance
    client, text = ticket(hands)
    prefix = client.headers["authorization"][10:18]
    with client.websocket_connect(f"{PATH}?ticket={text}") as socket:
        wish(socket, "alerts")
        keys.revoke_key(entrance, prefix)
        trader.told(1)
        with pytest.raises(WebSocketDisconnect) as ended:
            until(socket, "never")

    assert ended.value.code == 1008


def test_people_listen_as_long_as_they_have_a_session(hands):
    entrance, client = hands.house.entrance, hands.client()
    token = client.post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).json()["token"]
    client.headers["authorization"] = f"Bearer {token}"
    text = client.post(f"{PATH}/tickets").json()["ticket"]
    who = hands.app.state.stream.tickets.take(text)

    assert may_still(entrance, who, hands.time)
    users.disable_user(entrance, "ann")
    assert not may_still(entrance, who, hands.time)


def test_tickets_nobody_shows_are_forgotten():
    tickets = Tickets(lambda: 0)
    texts = [tickets.make(None)[0] for _ in range(1_001)]

    assert tickets.take(texts[0]) is None
    assert len(tickets._open) == 1_000


def test_a_journal_begun_anew_is_told_from_its_end(hands, trader, tmp_path):
    """Someone deleted the account and made it again under its name."""
    with opened(hands) as socket:
        wish(socket, "alerts", after={"demo": str(BEGINNING)})
        trader.told(9)
        assert texts(socket, 10)[0] == numbers(1, 10)
        trader.journal.close()
        for path in trader.folder.root.glob("journal*"):
            path.unlink()
        trader.journal = open_journal(Settings(data=tmp_path), trader.folder)
        trader.count = 0
        trader.told(1)
        reset = until(socket, "reset")
        trader.told(1)
        found, at = texts(socket, 1)

    assert reset["account"] == "demo"
    assert found == ["2"]
    assert int(at.split("-")[0]) == 2


@pytest.mark.usefixtures("trader")
def test_positions_are_checked_against_the_chain(tmp_path):
    one = Tail(Settings(data=tmp_path), "demo")
    assert one.grown()
    blocks = one.after(0, 10)
    assert one.knows(tail.cursor_after(blocks[0]))
    assert not one.knows(tail.cursor_after(blocks[0])._replace(mark="0" * 12))
    assert not one.knows(tail.Cursor(99, "0" * 12))
    assert happenings.told_by(blocks[0], None, "demo")["alerts"][0]["text"] == "1"
