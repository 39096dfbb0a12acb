"""Who may speak to the bridge, and what it does with those who may not or do not know how."""

import asyncio
import json
import socket
import struct
import subprocess

import pytest
from metatrader_world import ACCOUNT, GOLD, MetaTraderWorld, Process, entry

from tradewind.adapters.brokers.metatrader.bridge.frames import Seal, proof
from tradewind.adapters.brokers.metatrader.broker import MetaTraderBroker
from tradewind.adapters.brokers.metatrader.wire import Settings
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import BadSettings


def played(story):
    """Play a story in a new world."""

    async def run():
        async with MetaTraderWorld() as there:
            return await story(there)

    return asyncio.run(run())


class Raw:
    """A client of the bridge that does as it is told."""

    def __init__(self, world, secret=None):
        self.socket = socket.create_connection(("127.0.0.1", world.bridge.port), timeout=20)
        world.sockets.append(self.socket)
        self.secret = secret or world.bridge.secret.read_bytes().strip()

    def take(self):
        """Return the body of the next frame; empty when the bridge hung up."""
        head = self._exactly(4)
        return self._exactly(struct.unpack(">I", head)[0]) if head else b""

    def _exactly(self, count):
        parts = b""
        while len(parts) < count:
            try:
                part = self.socket.recv(count - len(parts))
            except ConnectionResetError:
                part = b""
            if not part:
                return b""
            parts += part
        return parts

    def give(self, body):
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def shake_hands(self):
        """Return the bridge's answer to our proof."""
        nonce = json.loads(self.take())["nonce"]
        self.give(json.dumps({"nonce": "ours", "proof": proof(self.secret, "client", nonce, "ours").hex()}).encode())
        answer = json.loads(self.take())
        key = proof(self.secret, "session", nonce, "ours")
        self.out, self.back = Seal(key, "request"), Seal(key, "answer")
        return answer

    def ask(self, **message):
        """Return the answer to a message."""
        self.socket.sendall(self.out.closed(message))
        while body := self.take():
            told = self.back.opened(body)
            if "re" in told:
                return told
        return {}

    def is_hung_up(self):
        """Return whether the bridge closes the connection without an answer; its heartbeat may come before."""
        while body := self.take():
            if b'"re":' in body:
                return False
        return True


def test_a_wrong_secret_is_refused_and_says_so_without_showing_it(tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not the secret, but as long as one is")
    wrong.chmod(0o600)

    async def story(world):
        broker = MetaTraderBroker(world.settings(secret=wrong), (GOLD,))
        with pytest.raises(BrokerRefused) as refusal:
            await broker.open()
        return str(refusal.value) + repr(broker) + repr(vars(broker))

    told = played(story)

    assert "secret" in told
    assert "not the secret, but" not in told


def test_the_bridge_tells_nothing_to_who_does_not_know_the_secret():
    async def story(world):
        client = Raw(world, secret=b"wrong" * 8)
        return client.shake_hands(), client.take()

    assert played(story) == ({"refused": True}, b"")


def test_another_account_is_refused():
    async def story(world):
        broker = MetaTraderBroker(world.settings()._replace(account="999"), (GOLD,))
        with pytest.raises(BrokerRefused, match="another account"):
            await broker.open()

    played(story)


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", 2**31 - 1) + b"x",
        struct.pack(">I", 0),
        struct.pack(">I", 40) + b"x" * 40,
        struct.pack(">I", 2000) + b"{" * 2000,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["huge", "empty", "no JSON", "too long for a beginning", "a browser"],
)
@pytest.mark.parametrize("known", [False, True], ids=["before the secret", "after it"])
def test_a_frame_that_is_none_ends_the_connection_and_nothing_else(frame, known):
    """Whoever sends nonsense, or something huge, is cut off; the next client is served."""

    async def story(world):
        client = Raw(world)
        if known:
            client.shake_hands()
        else:
            client.take()
        client.socket.sendall(frame)
        hung_up = await asyncio.to_thread(client.is_hung_up)
        broker = await world.connect()
        return hung_up, (await broker.place(entry("TW-A-E0"))).outcome

    assert played(story) == (True, "taken")


def test_a_frame_that_was_changed_on_its_way_ends_the_connection():
    async def story(world):
        client = Raw(world)
        client.shake_hands()
        client.socket.sendall(client.out.closed({"seq": 1, "op": "ping"}).replace(b"ping", b"pong"))
        return await asyncio.to_thread(client.is_hung_up)

    assert played(story)


def test_a_frame_that_comes_twice_is_answered_once_and_ends_the_connection():
    async def story(world):
        client = Raw(world)
        client.shake_hands()
        client.socket.sendall(client.out.closed({"seq": 1, "op": "ping"}) * 2)

        def answers():
            bodies = iter(client.take, b"")
            return sum(b'"re":' in body for body in bodies)

        return await asyncio.to_thread(answers)

    assert played(story) <= 1


def test_a_request_out_of_order_ends_the_connection():
    async def story(world):
        client = Raw(world)
        client.shake_hands()
        return await asyncio.to_thread(lambda: client.ask(seq=7, op="ping"))

    assert played(story) == {}


def test_what_is_not_understood_is_an_answer_and_sends_nothing():
    async def story(world):
        client = Raw(world)
        client.shake_hands()

        def asked():
            early = client.ask(seq=1, op="live")
            client.ask(seq=2, op="open", account=ACCOUNT, symbols=[])
            wrong = [{}, {"key": "A"}, {"key": "A", "magic": "x"}, {"key": "A", "magic": 1, "not_after": None}]
            told = [client.ask(seq=3 + n, op="place", **fields) for n, fields in enumerate(wrong)]
            return early, told, client.ask(seq=7, op="format the disk"), client.ask(seq=8, op=["place"])

        early, told, unknown, nonsense = await asyncio.to_thread(asked)
        assert early["kind"] == "refused"
        assert all("error" in one for one in told)
        assert unknown["kind"] == "refused"
        assert "error" in nonsense
        return world.server.get("sent")

    assert played(story) == []


def test_two_clients_are_served_and_the_same_id_from_both_is_sent_once():
    async def story(world):
        one, other = await world.connect(), await world.connect()
        answers = await asyncio.gather(one.place(entry("TW-A-E0")), other.place(entry("TW-A-E0")))
        await asyncio.gather(one.place(entry("TW-B-E0")), other.place(entry("TW-C-E0")))
        return [answer.outcome for answer in answers], len(world.server.get("sent"))

    assert played(story) == (["taken", "taken"], 3)


def test_a_fifth_client_is_turned_away_and_takes_no_place():
    async def story(world):
        clients = [Raw(world) for _ in range(4)]
        for client in clients:
            client.shake_hands()
        fifth = Raw(world)
        turned_away = await asyncio.to_thread(fifth.take)
        clients[0].socket.close()
        broker = MetaTraderBroker(world.settings(), (GOLD,))
        for _ in range(1000):
            try:
                await broker.open()
                break
            except BrokerUnreachable:
                await asyncio.sleep(0.02)
        await broker.place(entry("TW-A-E0"))
        await broker.close()
        return turned_away, len(world.server.get("sent"))

    assert played(story) == (b"", 1)


def test_a_secret_others_can_read_is_refused_on_both_sides(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x" * 64)
    path.chmod(0o644)
    with pytest.raises(BadSettings, match="chmod 600"):
        MetaTraderBroker(Settings(ACCOUNT, path), (GOLD,))
    world = MetaTraderWorld(folder=tmp_path)
    bridge = Process(tmp_path / "bridge", tmp_path / "state", arguments=("--secret", str(path)))
    bridge.kill()

    assert world.server.get("sent") == []
    assert bridge.port == 0
    assert "chmod 600" in (tmp_path / "bridge" / "errors.txt").read_text()


def test_beyond_this_machine_both_sides_insist_on_tls(tmp_path):
    MetaTraderWorld(folder=tmp_path)
    bridge = Process(tmp_path / "bridge", tmp_path / "state", arguments=("--host", "0.0.0.0"))  # noqa: S104 - it is refused
    bridge.kill()
    with pytest.raises(BadSettings, match="TLS"):
        MetaTraderBroker(Settings(ACCOUNT, bridge.secret, host="trading-pc"), (GOLD,))

    assert bridge.port == 0
    assert "only TLS" in (tmp_path / "bridge" / "errors.txt").read_text()


def certificate(folder, name):
    """Return the paths of a new certificate for this machine and of its key."""
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bridge")
    more = ("-addext", "subjectAltName=IP:127.0.0.1", "-out", str(paths[0]), "-keyout", str(paths[1]))
    subprocess.run([*command, *more], check=True, capture_output=True)
    return paths


def test_a_bridge_with_a_certificate_is_used_by_tls_and_by_no_other_certificate(tmp_path):
    MetaTraderWorld(folder=tmp_path)
    mine, key = certificate(tmp_path, "mine")
    other, _ = certificate(tmp_path, "other")
    arguments = ("--certificate", str(mine), "--key", str(key))
    bridge = Process(tmp_path / "bridge", tmp_path / "state", arguments=arguments)

    async def story():
        outcomes = []
        for path in (mine, other, None):
            settings = Settings(ACCOUNT, bridge.secret, port=bridge.port, certificate=path, request_s=5.0)
            broker = MetaTraderBroker(settings, (GOLD,))
            try:
                await broker.open()
                outcomes.append((await broker.place(entry("TW-A-E0"))).outcome)
            except (BrokerUnreachable, BrokerRefused) as error:
                outcomes.append(type(error).__name__)
            await broker.close()
        return outcomes

    try:
        outcomes = asyncio.run(story())
    finally:
        bridge.kill()

    assert outcomes == ["taken", "BrokerUnreachable", "BrokerUnreachable"]


def test_a_terminal_that_hangs_is_told_as_a_link_that_is_down():
    """The bridge answers its heartbeat while its terminal does not come back: nobody takes that for health."""

    async def story(world):
        broker = await world.connect(stuck_s=0.2)
        stream = broker.reports()
        first = await anext(stream)
        world.server.fault("slow")
        order = asyncio.create_task(broker.place(entry("TW-A-E0")))
        async for item in stream:
            if getattr(item, "up", True) is False:
                break
        reason = item.reason
        await order
        async for item in stream:
            if getattr(item, "up", False):
                break
        await stream.aclose()
        return first.up, reason, item.up

    up, reason, again = played(story)

    assert (up, again) == (True, True)
    assert "does not answer" in reason
