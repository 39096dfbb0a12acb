"""The bridge itself: clients prove that they know the secret, ask, and are told what changes.

One thread owns the terminal and does one thing after the other; a client has a thread that reads and one that writes,
and neither ever touches the terminal. Everything that waits is bounded: a client that does not read is cut off, one
that floods waits.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import queue
import secrets
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.adapters.brokers.metatrader.bridge.effects import Effects
from tradewind.adapters.brokers.metatrader.bridge.frames import (
    HANDSHAKE_LIMIT,
    PROTOCOL,
    REQUEST_LIMIT,
    Seal,
    Untrusted,
    length_of,
    parsed,
    plain_frame,
    proof,
    word_of,
)
from tradewind.adapters.brokers.metatrader.bridge.journal import Journal
from tradewind.adapters.brokers.metatrader.bridge.terminal import DAY_S, ORDER, Never, Terminal, Unclear

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = 4
WAITING = 2000
"""Messages that may wait for one client, and requests that may wait for the terminal."""
SILENCE_S = 30.0
"""A client that says nothing for so long is gone."""
HANDSHAKE_S = 5.0
BEAT_S = 1.0


class Client:
    """One connection."""

    def __init__(self, connection: Any, secret: bytes, requests: queue.Queue[Any], state: dict[str, Any]) -> None:
        """Nobody is trusted yet."""
        self.connection, self.secret, self.requests, self.state = connection, secret, requests, state
        self.outgoing: queue.Queue[Any] = queue.Queue(WAITING)
        self.login = 0
        self.symbols: set[str] = set()
        self.following = False
        self.gone = threading.Event()

    def run(self) -> None:
        """Frames are read until the client leaves, is silent, or breaks a rule."""
        try:
            self.connection.settimeout(HANDSHAKE_S)
            key = self._handshake()
            self.connection.settimeout(SILENCE_S)
            threading.Thread(target=self._write, args=(Seal(key, "answer"),), daemon=True).start()
            seal, number = Seal(key, "request"), 0
            while not self.gone.is_set():
                message = seal.opened(self._read(REQUEST_LIMIT + 36))
                number += 1
                if message.get("seq") != number:
                    raise Untrusted(f"a request came in place of number {number}")  # noqa: TRY301 - it is told below
                self.requests.put((self, message), timeout=SILENCE_S)
        except (OSError, Untrusted, queue.Full) as error:
            self.state["last_refusal"] = str(error)
        finally:
            self.leave()

    def _handshake(self) -> bytes:
        """Return the key of this connection; Untrusted where the client does not know the secret."""
        ours = secrets.token_hex(16)
        self.connection.sendall(plain_frame({"bridge": PROTOCOL, "nonce": ours}))
        hello = parsed(self._read(HANDSHAKE_LIMIT))
        theirs, shown = word_of(hello, "nonce"), word_of(hello, "proof")
        if not secrets.compare_digest(shown.encode("utf-8"), proof(self.secret, "client", ours, theirs).hex().encode()):
            self.connection.sendall(plain_frame({"refused": True}))
            raise Untrusted("a client does not know the secret")
        self.connection.sendall(plain_frame({"proof": proof(self.secret, "server", ours, theirs).hex()}))
        return proof(self.secret, "session", ours, theirs)

    def _read(self, limit: int) -> bytes:
        return self._exactly(length_of(self._exactly(4), limit))

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = self.connection.recv(min(count, 65536))
            if not part:
                raise Untrusted("the client left")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _write(self, seal: Seal) -> None:
        beat = 0.0
        try:
            while not self.gone.is_set():
                if time.monotonic() >= beat:
                    beat = time.monotonic() + BEAT_S
                    turn = int((time.monotonic() - self.state["turn"]) * 1000)
                    words = {"push": "heartbeat", "turn_ms": turn, "up": self.state["up"], "why": self.state["why"]}
                    self.connection.sendall(seal.closed(words))
                with contextlib.suppress(queue.Empty):
                    self.connection.sendall(seal.closed(self.outgoing.get(timeout=max(0.01, beat - time.monotonic()))))
        except (OSError, ValueError):
            pass
        finally:
            self.leave()

    def tell(self, message: dict[str, Any]) -> None:
        """The message is on its way, or the client is cut off."""
        try:
            self.outgoing.put_nowait(message)
        except queue.Full:
            self.leave()

    def leave(self) -> None:
        """The connection is closed."""
        self.gone.set()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.connection.close()


class Bridge:
    """The terminal's thread: it answers requests in order and looks for changes in between."""

    def __init__(self, api: Any, journal: Journal, poll_s: float = 0.05, lookback_days: int = 7) -> None:
        """The terminal was not asked anything yet."""
        self.api, self.poll_s = api, poll_s
        self.terminal = Terminal(api, journal, lookback_days)
        self.effects = Effects(self.terminal, journal)
        self.requests: queue.Queue[Any] = queue.Queue(WAITING)
        self.clients: list[Client] = []
        self.state: dict[str, Any] = {"turn": time.monotonic(), "up": False, "why": "", "last_refusal": ""}
        self.marks: dict[str, list[int]] = {}
        """By symbol: the millisecond of the last tick told, and how many ticks of it."""
        self.seen: dict[str, set[Any]] | None = None
        self.totals: Any = None
        self.stopping = threading.Event()
        self.verbs: dict[str, Callable[[Client, dict[str, Any]], Any]] = {
            "open": self._open, "ping": self._ping, "follow": self._follow,
            "live": lambda _client, _message: self.terminal.live(),
            "history": self._history, "find": self._find, "rates": self._rates, "tick": self._tick,
        }  # fmt: skip

    def run(self) -> None:
        """Requests are answered and changes told until the bridge is stopped."""
        looked = 0.0
        while not self.stopping.is_set():
            with contextlib.suppress(queue.Empty):
                client, message = self.requests.get(timeout=self.poll_s)
                self.answer(client, message)
            self.state["turn"] = time.monotonic()
            if time.monotonic() - looked >= self.poll_s:
                self.look()
                looked = time.monotonic()

    def answer(self, client: Client, message: dict[str, Any]) -> None:
        """The client was told what came of its request."""
        reply: dict[str, Any] = {"re": message["seq"]}
        try:
            op = message.get("op")
            self._must_know(client, op)
            if op in self.effects.verbs:
                reply["value"] = self.effects.once(client.login, message, self.effects.verbs[str(op)])
            else:
                self._must_live(client, op)
                reply["value"] = self.verbs[str(op)](client, message)
                self._must_live(client, op)
        except Never as refusal:
            reply.update(error=str(refusal), kind="refused")
        except Unclear as error:
            reply.update(error=str(error), kind="unclear")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reply.update(error=f"the request is not understood: {type(error).__name__} {error}", kind="unclear")
        client.tell(reply)

    def _must_know(self, client: Client, op: Any) -> None:
        """There is such a request, and which account it is about is known."""
        if op not in self.verbs and op not in self.effects.verbs:
            raise Never("there is no such request")
        if op not in ("open", "ping") and not client.login:
            raise Never("say first which account is meant")

    def _must_live(self, client: Client, op: Any) -> None:
        """The answer is about the client's account: the terminal was connected before and after."""
        if op not in ("open", "ping"):
            self.terminal.must_live(client.login)

    def _open(self, client: Client, message: dict[str, Any]) -> dict[str, Any]:
        """Return the account and the symbols; from here on the client's requests are about this account."""
        self.terminal.must_live(0)
        account = self.terminal.account()
        if str(account["login"]) != str(message["account"]):
            raise Never("the terminal is logged in to another account, " + str(account["login"]))
        client.login = account["login"]
        info = self.api.terminal_info()
        answer = {"account": account, "symbols": self.terminal.symbols(message["symbols"])}
        return dict(answer, trade_allowed=bool(info.trade_allowed), protocol=PROTOCOL)

    def _ping(self, _client: Client, _message: dict[str, Any]) -> dict[str, Any]:
        return {"monotonic_ms": time.monotonic() * 1000, "wall_ns": time.time_ns()}

    def _follow(self, client: Client, message: dict[str, Any]) -> dict[str, Any]:
        """The client is told every tick of these symbols, and everything that happens in the account, from now on."""
        client.symbols = {str(name) for name in message["symbols"]}
        client.following = bool(message["happenings"])
        return {}

    def _history(self, _client: Client, message: dict[str, Any]) -> dict[str, Any]:
        """Return what ended and was dealt since a second of the server's clock, and what works now."""
        return dict(self.terminal.history(int(message["from"])), working=self.terminal.live()["orders"])

    def _find(self, _client: Client, message: dict[str, Any]) -> dict[str, Any]:
        """Return everything known of our id: the journal's record, the leg it may be, what the terminal shows."""
        journal, name = self.terminal.journal, str(message["id"])
        leg, record = journal.legs.get(name), journal.records.get(name)
        entry = name if leg is None or leg["entry"] not in journal.records else leg["entry"]
        known = journal.records.get(entry)
        tickets = (
            [result["order"] for result in known["results"] if result["order"]] if known and known["names"] else []
        )
        answer = self.terminal.evidence(entry, int(message["magic"]), tickets)
        if leg is not None:
            positions = set(leg["positions"]) | {deal["position_id"] for deal in answer["deals"]}
            of = self.terminal.of_position
            answer["deals"] = self.terminal.told([], [deal for each in sorted(positions) for deal in of(each)])["deals"]
            answer["positions"] = [
                each for each in self.terminal.live()["positions"] if each["identifier"] in positions
            ]
        return dict(answer, leg=leg, record=record)

    def _rates(self, _client: Client, message: dict[str, Any]) -> list[list[Any]]:
        symbol, timeframe = str(message["symbol"]), int(message["timeframe"])
        return self.terminal.rates(symbol, timeframe, int(message["from"]), int(message["to"]))

    def _tick(self, _client: Client, message: dict[str, Any]) -> dict[str, Any]:
        """Return the latest tick of each symbol that has one, server milliseconds, and our own clock."""
        rows = {}
        for name in message["symbols"]:
            with contextlib.suppress(Unclear):
                tick = self.terminal.tick(str(name))
                rows[str(name)] = [int(tick.time_msc), tick.bid, tick.ask]
        return {"ticks": rows, "wall_ns": time.time_ns()}

    def look(self) -> None:
        """Everybody who follows was told what is new; whether the terminal lives is known."""
        for client in [each for each in self.clients if each.gone.is_set()]:
            self.clients.remove(client)
        try:
            self.terminal.must_live(0)
            for symbol in sorted({name for client in self.clients for name in client.symbols}):
                self._tell_ticks(symbol)
            self._tell_happenings()
            self.state.update(up=True, why="")
        except Unclear as error:
            self.state.update(up=False, why=str(error))

    def _tell_ticks(self, symbol: str) -> None:
        if symbol not in self.marks:
            latest = self.terminal.api.symbol_info_tick(symbol)
            self.marks[symbol] = [int(latest.time_msc) if latest is not None else 0, 0]
        after, seen = self.marks[symbol]
        rows = self.terminal.ticks(symbol, after, seen)
        if rows:
            latest_ms = rows[-1][0]
            more = sum(row[0] == latest_ms for row in rows)
            self.marks[symbol] = [latest_ms, more + (seen if latest_ms == after else 0)]
            for client in self.clients:
                if symbol in client.symbols:
                    client.tell({"push": "ticks", "symbol": symbol, "rows": rows})

    def _tell_happenings(self) -> None:
        span = self.terminal.window(int(time.time()) - 2 * DAY_S)
        working = self.terminal.rows(self.api.orders_get(), ORDER)
        totals = (
            self.api.history_orders_total(*span), self.api.history_deals_total(*span),
            sorted((order["ticket"], order["state"], order["volume_current"]) for order in working),
        )  # fmt: skip
        if totals == self.totals:
            return
        found = dict(self.terminal.history(span[0]), working=working)
        now = {name: {row["ticket"] for row in rows} for name, rows in found.items()}
        before, self.seen, self.totals = self.seen, now, totals
        if before is None:
            return
        fresh = {name: [row for row in rows if row["ticket"] not in before[name]] for name, rows in found.items()}
        for order in fresh["working"]:
            order["id"] = self.terminal.journal.owners.get(order["ticket"], "") or order["comment"]
        if any(fresh.values()):
            for client in self.clients:
                if client.following:
                    client.tell(dict(fresh, push="happenings"))


def accept(bridge: Bridge, listener: socket.socket, secret: bytes, context: ssl.SSLContext | None) -> None:
    """Clients are let in until the bridge stops; no more than a few at a time."""
    while not bridge.stopping.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        if len([client for client in bridge.clients if not client.gone.is_set()]) >= CLIENTS:
            connection.close()
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        client = Client(connection, secret, bridge.requests, bridge.state)
        bridge.clients.append(client)
        threading.Thread(target=client.run, daemon=True).start()


def main(words: list[str] | None = None) -> None:
    """The bridge runs until it is stopped."""
    here = Path(sys.argv[0]).resolve().parent
    parser = argparse.ArgumentParser(description="Tradewind's bridge to the MetaTrader 5 terminal on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="another address needs --certificate and --key")
    parser.add_argument("--port", type=int, default=18812)
    parser.add_argument("--secret", type=Path, default=here / "bridge-secret.txt")
    parser.add_argument("--journal", type=Path, default=here / "bridge-journal.txt")
    parser.add_argument("--certificate", type=Path, help="PEM, for TLS")
    parser.add_argument("--key", type=Path, help="PEM, for TLS")
    parser.add_argument("--terminal", default="", help="path of terminal64.exe where there is more than one")
    parser.add_argument("--lookback-days", type=int, default=7, help="how far back orders are searched for")
    parser.add_argument("--poll-ms", type=int, default=50, help="pause between two looks at the terminal")
    options = parser.parse_args(words)
    if options.host not in ("127.0.0.1", "::1") and not (options.certificate and options.key):
        parser.error("beyond this machine the bridge speaks only TLS: give --certificate and --key")
    secret = options.secret.read_bytes().strip()
    if len(secret) < 32:
        parser.error("the secret is shorter than 32 letters")
    if os.name != "nt" and options.secret.stat().st_mode & 0o077:
        parser.error(f"others can read the secret: chmod 600 {options.secret}")
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(options.certificate), str(options.key))
    api = importlib.import_module("MetaTrader5")
    journal = Journal(options.journal)
    if not (api.initialize(options.terminal) if options.terminal else api.initialize()):
        raise SystemExit(f"The terminal does not start: {api.last_error()}")
    listener = socket.create_server(
        (options.host, options.port), family=socket.AF_INET6 if ":" in options.host else socket.AF_INET
    )
    bridge = Bridge(api, journal, options.poll_ms / 1000, options.lookback_days)
    threading.Thread(target=accept, args=(bridge, listener, secret, context), daemon=True).start()
    print(json.dumps({"listening": listener.getsockname()[:2], "tls": context is not None}), flush=True)
    try:
        bridge.run()
    except KeyboardInterrupt:
        print("stopped")
    finally:
        listener.close()
        api.shutdown()


if __name__ == "__main__":
    main()
