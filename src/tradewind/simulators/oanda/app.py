"""The venue on HTTP: who is let in, what is read, which faults strike, and how answers and streams are written.

The routes of the venue are in `desk`; here is one door for all of them. Faults are switched under `/simulator`, with
the same token, and only where this was asked for.
"""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from email.utils import formatdate
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from tradewind.errors import TradewindError
from tradewind.simulators.oanda.desk import Ask
from tradewind.simulators.oanda.faults import WRITES
from tradewind.simulators.oanda.questions import streamed
from tradewind.simulators.oanda.reasons import Invalid, Reply, refusal
from tradewind.simulators.oanda.streams import Cut, Listener, Writer
from tradewind.simulators.oanda.venue import Venue
from tradewind.simulators.oanda.wire import SECOND, Document, read_moment, read_number, rfc3339, unix, written

LARGEST_BODY = 65_536
UNAUTHORISED = "Insufficient authorization to perform request."
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr></body></html>"


class Nothing(Response):
    """No answer at all: the connection is closed without one."""

    async def __call__(self, _scope: Any, _receive: Any, _send: Any) -> None:
        """Nothing was sent."""


class Lines(Response):
    """A stream; one that is cut ends without the end that a whole answer has."""

    media_type = "application/octet-stream"

    def __init__(self, lines: Any, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Every line was sent, or the client has gone, or the stream was cut."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        gone = asyncio.ensure_future(_gone(receive))
        try:
            async for line in self._lines:
                if gone.done():
                    break
                if line:
                    await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Cut:
            return
        finally:
            gone.cancel()
            await self._lines.aclose()


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def application(venue: Venue, *, admin: bool = False) -> FastAPI:
    """Return the server's application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    door = _Door(venue)
    if admin:
        app.add_api_route("/simulator/{what}", door.admin, methods=["GET", "POST"])
    app.add_api_route("/{path:path}", door.enter, methods=METHODS)
    return app


class _Door:
    """Where requests come in."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    async def enter(self, request: Request) -> Response:
        """Return the answer to a client."""
        venue, faults = self.venue, self.venue.faults
        if faults.maintenance:
            return HTMLResponse(PAGE.format("503 Service Temporarily Unavailable"), 503)
        if faults.take("too_many"):
            return self._written(refusal(429, "Too many requests"), rfc3339)
        if faults.take("server_errors"):
            return HTMLResponse(PAGE.format("500 Internal Server Error"), 500)
        if not venue.knows(request.headers.get("authorization", "")):
            return self._written(refusal(401, UNAUTHORISED), rfc3339)
        write = unix if request.headers.get("accept-datetime-format", "").upper() == "UNIX" else rfc3339
        number = venue.next_request()
        changes = request.method in WRITES
        if changes and faults.take("lost"):
            return await self._silence(request)
        try:
            query = _query(request)
            if (stream := _stream_of(request)) is not None:
                return self._stream(stream, query, write, number)
            body = await _body(request) if changes else {}
        except Invalid as wrong:
            return self._written(refusal(400, str(wrong)), write, number)
        host = f"{request.url.scheme}://{request.url.netloc}"
        reply = venue.handle(Ask(request.method, request.url.path, query, body, number, host))
        return await self._answered(request, reply, write, number)

    async def _answered(self, request: Request, reply: Reply, write: Writer, number: str) -> Response:
        """Return an answer as the faults will have it."""
        faults = self.venue.faults
        changes = request.method in WRITES
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if changes and faults.take("unanswered"):
            return await self._silence(request)
        if changes and faults.take("errors_after"):
            return HTMLResponse(PAGE.format("500 Internal Server Error"), 500)
        return self._written(reply, write, number)

    async def _silence(self, request: Request) -> Response:
        """Return nothing, when the client has gone or the venue closes."""
        # Only polling sees both.
        while not self.venue.hub.closing and not await request.is_disconnected():  # noqa: ASYNC110 - of two things
            await asyncio.sleep(0.02)
        return Nothing()

    def _written(self, reply: Reply, write: Writer, number: str = "") -> Response:
        text = json.dumps(written(reply.body, write, self.venue.skew), separators=(",", ":"))
        headers = self._headers(number) | ({"Location": reply.location} if reply.location else {})
        return Response(text, reply.status, headers, "application/json")

    def _headers(self, number: str) -> dict[str, str]:
        now = (self.venue.desk.market.moment() + self.venue.skew) / SECOND
        return {"Date": formatdate(now, usegmt=True)} | ({"RequestID": number} if number else {})

    def _stream(self, stream: tuple[str, str], query: Mapping[str, str], write: Writer, number: str) -> Response:
        account, kind = stream
        venue, market = self.venue, self.venue.desk.market
        book = venue.desk.book_of(account)
        if isinstance(book, Reply):
            return self._written(book, write, number)
        first: list[Document] = []
        if kind == "PRICE":
            names = streamed(book, query)
            if query.get("snapshot", "true").lower() != "false":
                first = [market.shown(name) for name in names if name in market.quotes]
        else:
            names = []

        def beat() -> Document:
            now: Document = {"type": "HEARTBEAT", "time": market.moment()}
            return now if kind == "PRICE" else {**now, "lastTransactionID": book.last}

        listener = Listener(venue.hub, kind, names, account)
        return Lines(venue.hub.lines(listener, write, beat, first), self._headers(number))

    async def admin(self, what: str, request: Request) -> Response:
        """Return the answer to who runs the venue: faults, prices, and how it stands."""
        venue = self.venue
        if not venue.knows(request.headers.get("authorization", "")):
            return self._written(refusal(401, UNAUTHORISED), rfc3339)
        try:
            body = await _body(request) if request.method == "POST" else {}
            if what == "faults":
                venue.change_faults(dict(body))
                return self._written(Reply(200, venue.faults.shown()), rfc3339)
            if what == "price" and request.method == "POST":
                _price(venue, body)
                return self._written(Reply(200, {}), rfc3339)
            if what == "state":
                last = {number: book.last for number, book in venue.desk.books.items()}
                streams = [one.kind for one in venue.hub.listeners]
                return self._written(Reply(200, {"lastTransactionIDs": last, "streams": streams}), rfc3339)
        except (TradewindError, Invalid) as wrong:
            return self._written(refusal(400, str(wrong)), rfc3339)
        return self._written(refusal(404, "Known are faults, price and state"), rfc3339)


def _price(venue: Venue, body: Mapping[str, Any]) -> None:
    """A quote was pushed: instrument, bid, ask, and perhaps time and tradeable."""
    bid, ask, tradeable = read_number(body.get("bid")), read_number(body.get("ask")), body.get("tradeable", True)
    if bid is None or ask is None or not isinstance(tradeable, bool):
        raise Invalid("bid, ask or tradeable")
    ts = read_moment(body["time"]) if "time" in body else venue.desk.market.moment()
    if ts is None:
        raise Invalid("time")
    venue.price(str(body.get("instrument")), ts, Decimal(bid), Decimal(ask), tradeable=tradeable)


def _stream_of(request: Request) -> tuple[str, str] | None:
    """Return the account and the kind of the stream that is asked for, or None where none is."""
    parts = request.url.path.split("/")
    if request.method != "GET" or len(parts) != 6 or parts[:3] != ["", "v3", "accounts"] or parts[5] != "stream":
        return None
    kind = {"pricing": "PRICE", "transactions": "TRANSACTION"}.get(parts[4])
    return None if kind is None else (parts[3], kind)


def _query(request: Request) -> dict[str, str]:
    """Return what is asked behind the `?`; what stands there several times is a list with commas."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


async def _body(request: Request) -> Mapping[str, Any]:
    """Return the JSON object that was sent, an empty one for nothing; raise Invalid for anything else."""
    text = b""
    async for part in request.stream():
        text += part
        if len(text) > LARGEST_BODY:
            raise Invalid("body: too long")
    if not text.strip():
        return {}
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid("body: no JSON") from None
    if not isinstance(found, dict):
        raise Invalid("body: no JSON object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)
