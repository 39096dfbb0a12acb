"""Questions about the account, and when their answers are whole.

A list is whole when as many members came as it says it has, or one says it is the last. Anything else, and any reject
that does not clearly say "none", is `BrokerUnreachable`: it proves nothing.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from tradewind.adapters.brokers.fix import answers, requests
from tradewind.adapters.brokers.fix.answers import Book
from tradewind.adapters.brokers.fix.dialects import Dialect
from tradewind.adapters.brokers.fix.wire import Garbled, Message, Pair
from tradewind.broker import BrokerOrder, BrokerPosition, BrokerUnreachable, Found, Report
from tradewind.kernel.refusals import NO_SUCH_ORDER

Row = TypeVar("Row")
Take = Callable[[Message], bool]
"""Given an answer, says whether it was the last one needed."""

NONE_OPEN = {"2"}
VALID = {"", "0"}
"""PosReqResult (728): valid request; no open positions."""


class Ask(Protocol):
    """How a question is put."""

    async def __call__(self, kind: str, body: list[Pair], name: str, take: Take) -> None:
        """Every answer was given to `take`, until it said it is enough; `BrokerUnreachable` where that never came."""


def failed(message: Message, what: str) -> BrokerUnreachable:
    """Return the error for a question that was rejected."""
    words = answers.text_of(message) or message.get(380)
    return BrokerUnreachable(f"The broker would not tell {what} over FIX: {words}.")


def says_none(message: Message, dialect: Dialect) -> bool:
    """Return whether a reject is the dialect's way to say that there is none."""
    return message.type == answers.BUSINESS_REJECT and bool(dialect.none_says) and dialect.none_says in message.get(58)


async def statuses(ask: Ask, name: str, dialect: Dialect) -> list[Message]:
    """Return a status report of every living order."""
    found: dict[str, Message] = {}

    def take(message: Message) -> bool:
        if message.type in {answers.REJECT, answers.BUSINESS_REJECT}:
            if says_none(message, dialect):
                return True
            raise failed(message, "its orders")
        if message.type != answers.EXECUTION or message.get(584) != name:
            return False
        total = message.number(911) if message.has(911) else -1
        if total == 0:
            return True
        found[message.get(37)] = message
        return len(found) == total or message.get(912) == "Y"

    await ask(requests.MASS_STATUS_REQUEST, requests.mass_status(name), name, take)
    return list(found.values())


def each(reader: Callable[[Message, Book], Row | None], messages: Iterable[Message], book: Book) -> list[Row]:
    """Return what a reader makes of each message; `BrokerUnreachable` where one of them means nothing."""
    try:
        rows = [reader(message, book) for message in messages]
    except Garbled as error:
        raise BrokerUnreachable(error.message) from error
    return [row for row in rows if row is not None]


async def living(ask: Ask, name: str, book: Book, dialect: Dialect) -> tuple[BrokerOrder, ...]:
    """Return every living order."""
    return tuple(each(answers.living, await statuses(ask, name, dialect), book))


async def told(ask: Ask, name: str, book: Book, dialect: Dialect) -> tuple[Report, ...]:
    """Return what the living orders tell of themselves."""
    rows = each(answers.told_by_status, await statuses(ask, name, dialect), book)
    return tuple(report for row in rows for report in row)


async def positions(ask: Ask, body: list[Pair], book: Book) -> tuple[BrokerPosition, ...]:
    """Return every open position."""
    name = body[0][1]
    found: dict[str, Message] = {}

    def take(message: Message) -> bool:
        if message.type in {answers.REJECT, answers.BUSINESS_REJECT}:
            raise failed(message, "its positions")
        if message.type not in {answers.POSITION, answers.POSITIONS_TAKEN} or message.get(710) != name:
            return False
        if message.get(728) in NONE_OPEN:
            return True
        if message.get(728) not in VALID:
            raise failed(message, "its positions")
        total = message.number(727) if message.has(727) else -1
        if message.type == answers.POSITION:
            found[message.get(721) or message.get(55)] = message
        return len(found) == total

    await ask(requests.POSITIONS_REQUEST, body, name, take)
    return tuple(each(answers.position_of, found.values(), book))


async def found(ask: Ask, order: str, body: list[Pair], book: Book, dialect: Dialect) -> Found:
    """Return what became of an order."""
    heard: list[Found] = []

    def take(message: Message) -> bool:
        if message.type in {answers.REJECT, answers.BUSINESS_REJECT}:
            if says_none(message, dialect) or message.get(380) == "1":
                heard.append(Found("absent"))
                return True
            raise failed(message, f"what became of {order}")
        if message.type != answers.EXECUTION or message.get(150) not in {"I", "8"} or message.has(584):
            return False
        heard.append(state_of(message, book))
        return True

    await ask(requests.STATUS_REQUEST, body, order, take)
    return heard[-1]


def state_of(message: Message, book: Book) -> Found:
    """Return what a status report says of its order."""
    if message.get(39) == "8" and answers.REJECTED_FOR.get(message.get(103)) == NO_SUCH_ORDER:
        return Found("absent")
    state = answers.STATES.get(message.get(39))
    reports = answers.told_by_status(message, book)
    if state == "working":
        return Found("working", reports)
    if state == "filled":
        return Found("filled", reports)
    if state == "cancelled":
        return Found("cancelled", reports)
    if state == "rejected":
        return Found("rejected", reports)
    raise BrokerUnreachable(f"The broker calls an order's status {message.get(39)[:10]!r}, which we do not know.")


async def codes(ask: Ask, name: str) -> set[str]:
    """Return the symbols of everything that can be traded."""
    found: set[str] = set()
    came = [0]

    def take(message: Message) -> bool:
        if message.type in {answers.REJECT, answers.BUSINESS_REJECT} or message.get(560, "0") != "0":
            raise failed(message, "what can be traded")
        if message.type != answers.INSTRUMENTS:
            return False
        members = [group[55] for group in message.groups(146, 55)]
        found.update(members)
        came[0] += len(members)
        if message.has(393):
            return came[0] >= message.number(393)
        return message.get(893, "Y") == "Y"

    await ask(requests.LIST_REQUEST, requests.instruments(name), name, take)
    return found
