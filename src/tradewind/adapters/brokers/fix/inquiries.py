"""Who waits for which answer: requests and the messages that name them.

A message names what it answers by one of its ids, or, where it is a reject, by the number of our message. What nobody
waits for any more is not lost: everything that tells of an order goes to the stream of reports as well.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tradewind.adapters.brokers.fix.wire import Message
from tradewind.broker import BrokerUnreachable

NAMING = (11, 41, 584, 710, 320, 379, 112)
"""ClOrdID, OrigClOrdID, MassStatusReqID, PosReqID, SecurityReqID, BusinessRejectRefID, TestReqID."""
REJECTS = {"3", "j"}
LIMIT = 20_000
"""More messages than that in answer to one question are nonsense."""


class LineLost(BrokerUnreachable):
    """The session ended before there was an answer."""


class Inquiry:
    """One request and what has come in answer to it."""

    def __init__(self, names: tuple[str, ...], seconds: float) -> None:
        self.names = set(names)
        self.messages: asyncio.Queue[Message | None] = asyncio.Queue(LIMIT)
        self._deadline = asyncio.get_running_loop().time() + seconds

    async def next(self) -> Message:
        """Return the next message; `BrokerUnreachable` where there is none in time or the line was lost."""
        left = self._deadline - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self.messages.get(), max(left, 0.001))
        except TimeoutError:
            raise BrokerUnreachable("The broker did not answer in time over FIX.") from None
        if message is None:
            raise LineLost("The FIX session ended before there was an answer.")
        return message


class Inquiries:
    """All requests without their answers."""

    def __init__(self, seconds: float) -> None:
        self._open: list[Inquiry] = []
        self._seconds = seconds

    @contextmanager
    def about(self, *names: str) -> Iterator[Inquiry]:
        """Messages with one of the names are kept for the inquiry while it lasts."""
        inquiry = Inquiry(names, self._seconds)
        self._open.append(inquiry)
        try:
            yield inquiry
        finally:
            self._open.remove(inquiry)

    def tell(self, message: Message) -> None:
        """Whoever waits for the message has it."""
        if not self._open:
            return
        names = {message.get(tag) for tag in NAMING} - {""}
        if message.type in REJECTS:
            names.add(by_number(message.get(45)))
        for inquiry in self._open:
            if not inquiry.names.isdisjoint(names) and not inquiry.messages.full():
                inquiry.messages.put_nowait(message)

    def lost(self) -> None:
        """Everybody who waits knows that the line is gone."""
        for inquiry in self._open:
            if not inquiry.messages.full():
                inquiry.messages.put_nowait(None)


def by_number(number: int | str) -> str:
    """Return the name under which a reject by our message's number is waited for."""
    return f"number {number}"
