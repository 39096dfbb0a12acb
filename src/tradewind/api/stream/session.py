"""One client of the stream. It takes what is next when it can; nothing is put in line for it.

What must not be lost it takes from the journal by position, so that a slow client only falls behind; of the rest it
gets the latest. One that takes nothing for some seconds is cut off, and comes back with its position.
"""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.stream.hub import Hub, Watched
from tradewind.api.stream.tickets import may_still
from tradewind.api.stream.wishes import DURABLE, LARGEST, Subscribe
from tradewind.errors import BadData, TradewindError
from tradewind.live.folder import account_names
from tradewind.views.tail import BEGINNING, Cursor, read_cursor

PATIENCE_S = 10.0
"""So long a message may be on its way before the client is cut off."""
ALIVE_S = 5.0
"""So often it is said where the client is when nothing else is."""
ASKED_S = 15.0
"""So often it is asked whether it may still listen."""
BEHIND = 50
"""Blocks read at once for a client that is behind."""
OVER, NOT_SO = 1008, 1007
"""Codes of closing: not allowed any more, and a message that is none."""


class Session:
    """A client that has come in."""

    def __init__(self, socket: WebSocket, hub: Hub, who: Principal, patience_s: float = PATIENCE_S) -> None:
        """It has wished nothing yet."""
        self.socket, self.hub, self.who, self.patience_s = socket, hub, who, patience_s
        self.wish: Subscribe | None = None
        self.places: dict[str, tuple[Watched, Cursor]] = {}
        """Where it is in each account's journal."""
        self.version = 0
        self.number = 0
        self._news = asyncio.Event()
        self._wishes: asyncio.Queue[Subscribe] = asyncio.Queue(maxsize=4)
        self._asked = time.monotonic()

    async def run(self) -> None:
        """The client was told what it wished, until it left, was cut off or may not listen any more."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._news.set)

        self.hub.listen(self, wake)
        tasks = [asyncio.create_task(one()) for one in (self._hear, self._tell)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):  # it left, or takes nothing any more
                    one.result()
        finally:
            self.hub.leave(self)
            for one in tasks:
                one.cancel()
            await asyncio.wait(tasks)

    async def _hear(self) -> None:
        while True:
            text = await self.socket.receive_text()
            if len(text) > LARGEST:
                return await self._close(NOT_SO, "That is too long.")
            try:
                wish = Subscribe.model_validate_json(text)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                return await self._close(NOT_SO, f"{where}: {first['msg']}"[:120])
            if (name := wish.strange()) is not None:
                return await self._close(NOT_SO, f"{name[:40]!r} is no account.")
            await self._wishes.put(wish)
            self._news.set()

    async def _tell(self) -> None:
        while True:
            self._news.clear()
            while not self._wishes.empty():
                if (wrong := await self._begin(self._wishes.get_nowait())) is not None:
                    return await self._close(NOT_SO, wrong)
            if time.monotonic() - self._asked >= ASKED_S:
                self._asked = time.monotonic()
                if not await asyncio.to_thread(may_still, self.hub.house.entrance, self.who, self.hub.house.now()):
                    return await self._close(OVER, "The session is over.")
            if self.wish is not None:
                await self._newcomers()
                told = await self._journals()
                if await self._latest() or told:
                    continue
            try:
                async with asyncio.timeout(ALIVE_S):
                    await self._news.wait()
            except TimeoutError:
                await self._send({"type": "alive", "at": self._at()})

    async def _begin(self, wish: Subscribe) -> str | None:
        """The client has what it wished from now on, or from where it was; return what is wrong with the wish."""
        self.wish, self.version, reset = wish, 0, []
        self.places = {}
        names = wish.accounts
        if names is None:
            names = (*await asyncio.to_thread(account_names, self.hub.house.data), *wish.after)
        # Who comes back and does not name an account that is there has not heard of it: it is new.
        unnamed = str(BEGINNING) if wish.accounts is None and wish.after else None
        for name in dict.fromkeys(names):
            try:
                watched = await asyncio.to_thread(self.hub.watch, name)
                if not await self._enter(name, watched, wish.after.get(name, unnamed)):
                    reset.append(name)
            except BadData as error:
                return error.message
            except TradewindError as error:
                return f"{name}: {error.message}"[:120]
        told: dict[str, Any] = {"type": "subscribed", "topics": sorted(wish.topics), "at": self._at()}
        await self._send(told | ({"reset": sorted(reset)} if reset else {}))
        return None

    async def _enter(self, name: str, watched: Watched, after: str | None) -> bool:
        """The client is at its place in an account's journal; False where that place is in no journal of ours."""
        place = watched.at
        if after is not None:
            wanted = read_cursor(after)
            if await asyncio.to_thread(_knows, watched, wanted):
                place = wanted
        self.places[name] = (watched, place)
        return after is None or str(place) == after

    async def _newcomers(self) -> None:
        """Who wished all accounts has those that were made since, from their beginning."""
        if self.wish is None or self.wish.accounts is not None:
            return
        for name in self.hub.names:
            if name not in self.places:
                watched = await asyncio.to_thread(self.hub.watch, name)
                self.places[name] = (watched, BEGINNING)

    async def _journals(self) -> bool:
        """Whether something was told that must not be lost."""
        told = False
        for name, (watched, place) in list(self.places.items()):
            if self.hub.watched.get(name) is not watched:
                continue
            if place.seq > watched.at.seq:  # begun anew under the same name
                self.places[name] = (watched, watched.at)
                await self._send({"type": "reset", "account": name, "at": str(watched.at)})
                told = True
                continue
            told = await self._journal(name, watched, place) or told
        return told

    async def _journal(self, name: str, watched: Watched, place: Cursor) -> bool:
        wanted = (DURABLE & self.wish.topics) if self.wish else frozenset()
        end, behind = watched.at, place.seq < watched.floor
        if behind:
            ready = await asyncio.to_thread(watched.read, place.seq, BEHIND)
        else:
            ready = [one for one in tuple(watched.ready) if place.seq < one.at.seq <= end.seq]
        told = False
        for one in ready:
            items = {topic: one.told[topic] for topic in sorted(wanted) if topic in one.told}
            if items:
                await self._send({"type": "journal", "account": name, "seq": one.at.seq, "at": str(one.at), **items})
                told = True
            self.places[name] = (watched, one.at)
        if not behind:
            self.places[name] = (watched, _later(self.places[name][1], end))
        return told or behind

    async def _latest(self) -> bool:
        """Whether a latest value was told."""
        told, wish = False, self.wish
        for version, (topic, account, _), value in self.hub.since(self.version):
            self.version = version
            if wish is not None and topic in wish.topics and (not account or account in self.places):
                about = {"account": account} if account else {}
                await self._send({"type": topic, **about, "latest": value})
                told = True
        return told

    def _at(self) -> dict[str, str]:
        return {name: str(place) for name, (_, place) in sorted(self.places.items())}

    async def _send(self, document: dict[str, Any]) -> None:
        self.number += 1
        text = json.dumps({"n": self.number, **document}, separators=(",", ":"))
        async with asyncio.timeout(self.patience_s):
            await self.socket.send_text(text)

    async def _close(self, code: int, reason: str) -> None:
        if self.socket.application_state == WebSocketState.CONNECTED:
            async with asyncio.timeout(self.patience_s):
                await self.socket.close(code, reason)


def _knows(watched: Watched, cursor: Cursor) -> bool:
    with watched.lock:
        return watched.tail.knows(cursor)


def _later(one: Cursor, other: Cursor) -> Cursor:
    return max(one, other, key=lambda cursor: cursor.seq)
