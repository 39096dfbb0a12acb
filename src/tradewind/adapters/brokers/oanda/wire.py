"""The wire to OANDA: requests that are sent once, answers that are clear or are called unclear, streams of lines.

What is a clear no: a 4xx with OANDA's own words in JSON, and 429, which is said before a request is looked at.
Everything else that is not a 2xx with JSON (a timeout, a cut, a 5xx, an HTML page, a redirect) says nothing about
what the request did. Only questions (GET) are asked again. The token goes into one header; proxies, netrc files and
certificates of the environment are not asked.

Sources: official OpenAPI document of the v20 API (hosts, headers, error bodies); OANDA's best practices (persistent
connections, 120 requests a second).
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import urlsplit

import httpx

from tradewind.adapters.brokers.oanda.pace import QUERY, Pace, Timing
from tradewind.adapters.brokers.oanda.reading import Json, document, printable
from tradewind.adapters.brokers.tokens import Token
from tradewind.broker import BrokerRefused, BrokerUnreachable

PATIENCE_S = 15.0
"""A whole answer comes in this time or it is not waited for."""
SILENCE_S = 10.0
"""A stream that says nothing for this long is dead: heartbeats come every 5 s."""
LARGEST, LONGEST_LINE = 64 << 20, 1 << 20
TRIES = 3
"""Of a question."""

_REFUSALS = frozenset({400, 401, 403, 404, 405, 416})
_EMPTY: Json = {}


class Missing(BrokerRefused):
    """What was asked for is not there (404), in OANDA's own words."""


class Said(NamedTuple):
    """What came back for a request that may have had an effect."""

    status: int
    """0: no answer."""
    document: Json
    clear: bool
    """Whether it says for certain that the request was taken (2xx) or was not (4xx)."""
    text: str

    @property
    def taken(self) -> bool:
        """Whether the broker took it."""
        return self.clear and 200 <= self.status < 300


class Hosts(NamedTuple):
    """Where the API and its streams live."""

    api: str
    stream: str


PRACTICE = Hosts("https://api-fxpractice.oanda.com", "https://stream-fxpractice.oanda.com")
LIVE = Hosts("https://api-fxtrade.oanda.com", "https://stream-fxtrade.oanda.com")


def hosts(*, practice: bool, base_url: str | None, stream_url: str | None) -> Hosts:
    """Return the hosts of the practice or the live service, or others that the token may be told to."""
    usual = PRACTICE if practice else LIVE
    for url in (base_url, stream_url):
        parts = urlsplit(url or "")
        if url and parts.scheme != "https" and (parts.scheme != "http" or parts.hostname != "127.0.0.1"):
            raise BrokerRefused(f"{url} would be told the token in the open.", "Give https:// or http://127.0.0.1.")
    return Hosts((base_url or usual.api).rstrip("/"), (stream_url or base_url or usual.stream).rstrip("/"))


class Wire:
    """The connections of one account."""

    def __init__(
        self, where: Hosts, token: Token, timing: Timing, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Nothing is connected until something is sent."""
        self._token = token
        self.timing = timing
        self._where = where
        self.pace = Pace(timing)
        self.closed = False
        self.date = ""
        """The Date header of the last answer."""
        headers = {
            "Authorization": f"Bearer {token.revealed()}",
            "Accept-Datetime-Format": "RFC3339",
            "User-Agent": "tradewind",
        }
        limits = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=60)
        self._client = httpx.AsyncClient(
            headers=headers, limits=limits, timeout=PATIENCE_S, trust_env=False, transport=transport
        )

    async def close(self) -> None:
        """All connections are closed."""
        self.closed = True
        await self._client.aclose()

    async def ask(self, path: str, params: Mapping[str, str] | None = None, urgency: int = QUERY) -> Json:
        """Return the answer to a question; asked up to three times where none came."""
        for attempt in range(TRIES):
            await self.pace.turn(urgency)
            try:
                status, content = await self._exchange("GET", path, params=params)
                if status == httpx.codes.OK:
                    return document(content)
                self._refuse(status, content)
            except BrokerUnreachable:
                if attempt + 1 == TRIES:
                    raise
                await self.timing.sleep(0.2 * 2**attempt * (0.5 + self.timing.chance.random()))
        raise AssertionError  # the last try returned or raised

    async def tell(self, method: str, path: str, body: Json | None, urgency: int) -> Said:
        """Return what came back for a request that was sent once."""
        await self.pace.turn(urgency)
        try:
            status, content = await self._exchange(method, path, body=body)
        except BrokerUnreachable as error:
            return Said(0, _EMPTY, clear=False, text=error.message)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return Said(status, _EMPTY, clear=True, text="too many requests (HTTP 429)")
        try:
            answer = document(content)
        except BrokerUnreachable as error:
            return Said(status, _EMPTY, clear=False, text=f"HTTP {status}: {error.message}")
        told = _words(answer)
        clear = 200 <= status < 300 or (status in _REFUSALS and bool(told))
        return Said(status, answer, clear, self._token.without(told) or f"HTTP {status}")

    async def lines(self, path: str, params: Mapping[str, str]) -> AsyncGenerator[Json, None]:
        """Yield an empty object once connected, then every line; ends with BrokerUnreachable, never by itself."""
        waits = httpx.Timeout(PATIENCE_S, read=SILENCE_S)
        try:
            async with self._client.stream("GET", self._where.stream + path, params=params, timeout=waits) as response:
                if response.status_code != httpx.codes.OK:
                    async with asyncio.timeout(PATIENCE_S):
                        content = await self._whole(response)
                    self._refuse(response.status_code, content)
                yield _EMPTY
                async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_bytes())) as blocks:
                    rest = b""
                    while True:
                        # A line must come whole within the silence: bytes that drip without end are no life.
                        async with asyncio.timeout(SILENCE_S):
                            while b"\n" not in rest:
                                rest += await anext(blocks)
                                if len(rest) > LONGEST_LINE:
                                    raise BrokerUnreachable("OANDA's stream sent a line without end.")
                        *whole, rest = rest.split(b"\n")
                        for line in whole:
                            if line.strip():
                                yield document(line)
        except StopAsyncIteration:
            raise BrokerUnreachable("OANDA ended the stream.") from None
        except TimeoutError:
            raise BrokerUnreachable(f"OANDA's stream was silent for {SILENCE_S:g} s.") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as error:
            raise self._unreachable(error) from None

    async def _exchange(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Json | None = None
    ) -> tuple[int, bytes]:
        more: dict[str, Any] = {} if body is None else {"json": body}
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                self._client.stream(method, self._where.api + path, params=params, **more) as response,
            ):
                content = await self._whole(response)
        except TimeoutError:
            raise BrokerUnreachable(f"OANDA did not answer in {PATIENCE_S:g} s.") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as error:
            raise self._unreachable(error) from None
        self.date = response.headers.get("Date", "")
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.pace.rest(response.headers.get("Retry-After", "").strip())
        return response.status_code, content

    async def _whole(self, response: httpx.Response) -> bytes:
        blocks, length = [], 0
        async for block in response.aiter_bytes():
            blocks.append(block)
            length += len(block)
            if length > LARGEST:
                raise BrokerUnreachable(f"OANDA's answer is larger than {LARGEST >> 20} MB.")
        return b"".join(blocks)

    def _refuse(self, status: int, content: bytes) -> NoReturn:
        """Raise what a status other than 200 means for a question."""
        try:
            told = self._token.without(_words(document(content)))
        except BrokerUnreachable:
            told = ""
        if status == httpx.codes.UNAUTHORIZED or (status == httpx.codes.FORBIDDEN and told):
            raise BrokerRefused(
                f"OANDA refuses the token (HTTP {status}{': ' + told if told else ''}).",
                "Check the token, and whether it is of the practice or of the live service.",
            )
        if status == httpx.codes.NOT_FOUND and told:
            raise Missing(f"OANDA has not got it: {told}.")
        if status in _REFUSALS and told:
            raise BrokerRefused(f"OANDA refuses the question (HTTP {status}): {told}.")
        raise BrokerUnreachable(f"OANDA answered HTTP {status}{': ' + told if told else ''}.")

    def _unreachable(self, error: Exception) -> BrokerUnreachable:
        words = printable(self._token.without(str(error)))
        return BrokerUnreachable(f"OANDA cannot be reached: {type(error).__name__} {words}".rstrip() + ".")


def _words(answer: Json) -> str:
    """Return OANDA's own words for what is wrong, empty where it has none."""
    rejects = [one.get("rejectReason") for one in answer.values() if isinstance(one, dict)]
    said = [answer.get("errorCode"), answer.get("errorMessage"), *rejects]
    words = [printable(one) for one in said if isinstance(one, str) and one]
    return ": ".join(dict.fromkeys(words))
