"""The board on Redis, for screens in other processes: the latest picture, with no authority over anything.

Publishing puts a value into a bounded queue and never waits, raises or blocks: one thread writes, and while the server
is away it says so and tries again. What the server forgot (restart, FLUSHALL) is written anew within a second, from the
newest value of each topic. A topic is one stream: its last entry is the latest value, the entries before it are what a
reader who comes back has missed. What was sent twice has the same number twice, and is read once.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tradewind.adapters.address import Address
from tradewind.adapters.board import KEPT, BoardState, Item, Subscription, decoded, encoded, read_position
from tradewind.errors import BadData, BadSettings, TradewindError

PREFIX = "tradewind:board:"
TIMEOUT_S = 1.0
LOOK_S = 1.0
"""So often the server is asked whether it has forgotten."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
QUEUE, QUEUE_BYTES = 10_000, 16_777_216
BATCH = 500
MARK_S = 3_600
NOWHERE = "0-0"
"""Before the first place."""
PASSING = (
    "OOM",
    "LOADING",
    "READONLY",
    "MISCONF",
    "BUSY",
    "NOAUTH",
    "NOPERM",
    "WRONGPASS",
    "MASTERDOWN",
    "CLUSTERDOWN",
)
"""How a refusal begins that says nothing against the value itself."""
_Failures = (redis.RedisError, OSError)


class RedisBoard:
    """A board on a Redis server; any thread may publish and read."""

    def __init__(
        self,
        address: Address,
        *,
        kept: int = KEPT,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Nothing is connected yet; `prove` tells a wrong address or password."""
        self._address, self._kept, self._timeout_s, self._clock = address, kept, timeout_s, clock
        self._client = _client(address, timeout_s)
        self._epoch = clock()
        self._lock, self._wake, self._closing = threading.Lock(), threading.Event(), False
        self._newest: dict[str, Item] = {}
        self._waiting: deque[tuple[str, Item]] = deque()
        self._waiting_bytes = 0
        self._sending: list[tuple[str, Item]] = []
        self._thread: threading.Thread | None = None
        self._up, self._since, self._why, self._lost, self._unfit = False, clock(), "not tried yet", 0, 0
        self._odd = ""
        """Why the latest value that did not fit did not."""
        self._quiet_until = self._looked = 0.0

    def publish(self, topic: str, value: Any) -> None:
        """`value` is on its way to be the latest of `topic`; it never raises and never waits for the server."""
        try:
            text = encoded(value)
        except BadData as error:
            self._count_unfit(topic, str(error))
            return
        with self._lock:
            before = self._newest.get(topic)
            item = Item("", self._epoch, before.sequence + 1 if before else 1, text)
            self._newest[topic] = item
            self._waiting.append((topic, item))
            self._waiting_bytes += len(text)
            while len(self._waiting) > QUEUE or self._waiting_bytes > QUEUE_BYTES:
                self._waiting_bytes -= len(self._waiting.popleft()[1].text)
                self._lost += 1
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._work, name="board", daemon=True)
                self._thread.start()
        self._wake.set()

    def latest(self, topic: str) -> Any:
        """The latest value of `topic`, or None where there is none or the server is away."""
        if time.monotonic() < self._quiet_until:
            return None
        with self._contact():
            for item in _items(self._client.xrevrange(PREFIX + topic, count=1)):
                return decoded(item.text)
        return None

    def subscribe(self, topic: str, *, after: str = "", patience_s: float = 0.0) -> Subscription:
        """The values of `topic` from now on, or from a position; it ends when none has come for `patience_s`."""
        place, seen = read_position(after) if after else (self._end(topic), {})

        def fetch(place: str, wait_s: float) -> list[Item]:
            begun = time.monotonic()
            with self._contact():
                return self._after(topic, place or self._end(topic), min(wait_s, self._timeout_s / 2))
            time.sleep(max(0.0, min(wait_s, FIRST_PAUSE_S) - (time.monotonic() - begun)))
            return []

        return Subscription(fetch, place, seen, patience_s)

    @property
    def state(self) -> BoardState:
        """Up or down, since when and why."""
        with self._lock:
            waiting = len(self._waiting) + len(self._sending)
            return BoardState(self._up, self._since, self._why or self._odd, waiting, self._lost, self._unfit)

    def prove(self) -> None:
        """The server answers and takes us; BadSettings for a wrong password or number, else TradewindError."""
        try:
            self._client.xrevrange(f"{PREFIX}-", count=1)
        except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
            raise BadSettings(
                f"{self._address} refuses us: {_sentence(error)}.", "Correct the user, or the secret in its file."
            ) from None
        except redis.ResponseError as error:
            raise BadSettings(f"{self._address}: {_sentence(error)}.", "Correct the address.") from None
        except _Failures as error:
            raise TradewindError(f"{self._address} does not answer: {_sentence(error)}.", "Is Redis running?") from None

    def close(self, limit_s: float = 2.0) -> None:
        """What waited was sent if the server took it in time, and the thread has ended."""
        with self._lock:
            self._closing, thread = True, self._thread
        self._wake.set()
        if thread is not None:
            thread.join(limit_s)
        with contextlib.suppress(*_Failures):
            self._client.close()

    def _end(self, topic: str) -> str:
        """Return the place of the last value; the beginning where there is none, nothing where that is not known."""
        with self._contact():
            return next((item.place for item in _items(self._client.xrevrange(PREFIX + topic, count=1))), NOWHERE)
        return ""

    def _after(self, topic: str, place: str, wait_s: float) -> list[Item]:
        """Return the items after a place; from the beginning where the server's own end lies before it."""
        if not place:
            return []
        key = PREFIX + topic
        block = max(1, round(wait_s * 1000)) if wait_s > 0 else None
        if self._client.xread({key: place}, count=1, block=block):
            return _items(self._client.xrange(key, min=f"({place}", count=BATCH))
        last = _items(self._client.xrevrange(key, count=1))
        if not last or _number(last[0].place) >= _number(place):
            return []
        return _items(self._client.xrange(key, count=BATCH))

    def _work(self) -> None:
        """Send what waits, until closed."""
        pause = FIRST_PAUSE_S
        while True:
            self._wake.wait(LOOK_S)
            self._wake.clear()
            closing = self._closing
            done = False
            with self._contact():
                self._remind()
                self._send()
                done = True
            if closing:
                return
            if not done:
                self._pause(pause)
            pause = FIRST_PAUSE_S if done else min(2 * pause, LONGEST_PAUSE_S)

    def _pause(self, seconds: float) -> None:
        """So long has passed, or it is to be closed; what is published meanwhile does not end it."""
        until = time.monotonic() + seconds
        while not self._closing and time.monotonic() < until:
            time.sleep(min(0.05, seconds))

    def _remind(self) -> None:
        """A server that forgot has the newest value of every topic again."""
        if self._up and time.monotonic() - self._looked < LOOK_S:
            return
        mark = f"{PREFIX}-mark:{self._epoch}"
        if not self._client.set(mark, 1, nx=True, ex=MARK_S):
            self._client.expire(mark, MARK_S)
        else:
            with self._lock:
                coming = {topic for topic, _ in (*self._sending, *self._waiting)}
                again = [(topic, item) for topic, item in self._newest.items() if topic not in coming]
                self._sending = again + self._sending
        self._looked = time.monotonic()

    def _send(self) -> None:
        """Everything that waited is with the server; what failed on the way stays first in line."""
        while True:
            with self._lock:
                while self._waiting and len(self._sending) < BATCH:
                    taken = self._waiting.popleft()
                    self._waiting_bytes -= len(taken[1].text)
                    self._sending.append(taken)
                batch = self._sending[:BATCH]
            if not batch:
                return
            pipeline = self._client.pipeline(transaction=False)
            for topic, item in batch:
                fields: dict[Any, Any] = {"e": item.epoch, "s": item.sequence, "v": item.text}
                pipeline.xadd(PREFIX + topic, fields, maxlen=self._kept, approximate=True)
            answers = pipeline.execute(raise_on_error=False)
            for (topic, _), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Exception):
                    if not isinstance(answer, redis.ResponseError) or str(answer).startswith(PASSING):
                        raise answer
                    self._count_unfit(topic, _sentence(answer))
            with self._lock:
                del self._sending[: len(batch)]

    def _count_unfit(self, topic: str, why: str) -> None:
        with self._lock:
            self._unfit += 1
            self._odd = f"{topic}: {why}"

    @contextlib.contextmanager
    def _contact(self) -> Iterator[None]:
        """What is said to the server leaves the board up or down; no failure gets out."""
        try:
            yield
        except _Failures as error:
            self._become(False, _sentence(error))
            self._quiet_until = time.monotonic() + FIRST_PAUSE_S
        else:
            self._become(True, "")

    def _become(self, up: bool, why: str) -> None:
        with self._lock:
            if up != self._up:
                self._up, self._since = up, self._clock()
                self._why = why
            elif not up:
                self._why = why


def _client(address: Address, timeout_s: float) -> redis.Redis:
    """Return a client that waits for nothing longer than `timeout_s` and tries nothing twice."""
    if address.database and not address.database.isdecimal():
        raise BadSettings(
            f"{address}: {address.database!r} is no number of a Redis database.", "Write redis://HOST:PORT/0."
        )
    socket = address.host.startswith("/")
    where: dict[str, Any] = (
        {"unix_socket_path": address.host} if socket else {"host": address.host, "port": address.port}
    )
    return redis.Redis(
        **where,
        db=int(address.database or 0),
        username=address.user or None,
        password=address.password.revealed() if address.password is not None else None,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
        client_name="tradewind-board",
    )


def _items(entries: Any) -> list[Item]:
    """Return the entries of a stream that are values; what somebody else wrote there is passed over."""
    found = []
    for place, fields in entries:
        with contextlib.suppress(KeyError, ValueError, TypeError):
            epoch, sequence = int(fields[b"e"]), int(fields[b"s"])
            if epoch >= 0 and sequence > 0:
                found.append(Item(place.decode("ascii"), epoch, sequence, fields[b"v"].decode("utf-8")))
    return found


def _number(place: str) -> tuple[int, int]:
    """Return a stream's id as numbers, for comparing."""
    moment, _, number = place.partition("-")
    return (int(moment), int(number or 0)) if moment.isdecimal() and (number or "0").isdecimal() else (0, 0)


def _sentence(error: BaseException) -> str:
    """Return what the server or the way to it said, on one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
