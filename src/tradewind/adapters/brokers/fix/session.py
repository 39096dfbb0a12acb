"""A FIX 4.4 session as a pure machine: bytes and times go in, effects come out (FIX 4.4 volume 2).

Nothing of ours is ever sent twice. Whatever the counterparty asks to be resent, orders included, is answered with a
gap fill: an order that was lost on the way is stale by the time it could be sent again, so it stays unsent and the
trader finds out by asking. Everything else is by the book: numbers without a gap, a test request after silence, the
line given up when that is not answered, duplicates dropped by their number, a number that is too low ends the session.

A session that goes on where it was is up only when a test request was answered after the logon: until then the
counterparty may still ask for what it lost, and a gap fill would swallow what was sent meanwhile.
"""

from typing import NamedTuple

from tradewind.adapters.brokers.fix.moments import stamp
from tradewind.adapters.brokers.fix.numbers import Numbers
from tradewind.adapters.brokers.fix.wire import Frames, Garbled, Message, Pair, encode, sendable

SECOND = 1_000_000_000
LOGON_S = 10
"""How long an answer to our logon, or to our logout, is waited for."""
GRACE = 1.2
"""Silence of so many heartbeats is asked about; as many again, plus one, and the line is lost."""

HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT, SEQUENCE_RESET, LOGOUT, LOGON = "0", "1", "2", "3", "4", "5", "A"


class Identity(NamedTuple):
    """Who talks to whom, and how they prove it."""

    sender: str
    target: str
    sender_sub: str = ""
    target_sub: str = ""
    username: str = ""
    heartbeat_s: int = 30
    reset: bool = True
    """Both sides begin with number 1 at every logon."""


class Send(NamedTuple):
    """Bytes to be written, once."""

    data: bytes


class Deliver(NamedTuple):
    """A message for whoever uses the session; `duplicate` where the counterparty says it may have sent it before."""

    message: Message
    duplicate: bool = False


class Up(NamedTuple):
    """We are logged on."""


class Down(NamedTuple):
    """The session is over; `refused` where the counterparty said so before it let us in."""

    reason: str
    refused: bool = False


Effect = Send | Deliver | Up | Down


class Session:
    """One connection's life, from logon to logout."""

    def __init__(self, identity: Identity, password: str, numbers: Numbers) -> None:
        self.identity = identity
        self.numbers = numbers
        self.state = "new"
        self.frames = Frames()
        self._password = password
        self._sent = self._heard = self._deadline = 0
        self._tested = False
        self._asked_up_to = 0
        self._tests = 0
        self._settling = ""

    # What is asked of it.

    def connect(self, now: int) -> list[Effect]:
        """Our logon is on its way."""
        if self.identity.reset:
            self.numbers.outgoing = self.numbers.incoming = 1
        self.state = "logon"
        self._heard = now
        self._deadline = now + LOGON_S * SECOND
        body = [(98, "0"), (108, str(self.identity.heartbeat_s))]
        if self.identity.reset:
            body.append((141, "Y"))
        if self.identity.username:
            body += [(553, self.identity.username), (554, self._password)]
        return [self._send(LOGON, body, now)[1]]

    def send(self, kind: str, body: list[Pair], now: int) -> tuple[int, Send]:
        """Return the number and the bytes of a message of ours; the session has to be up."""
        return self._send(kind, body, now)

    def ping(self, now: int) -> tuple[str, Send]:
        """Return the id and the bytes of a test request, which is answered by a heartbeat with that id."""
        self._tests += 1
        name = f"T{self._tests}"
        return name, self._send(TEST_REQUEST, [(112, name)], now)[1]

    def leave(self, now: int) -> list[Effect]:
        """Our logout is on its way; its answer ends the session."""
        if self.state != "up":
            return self._down("left")
        self.state = "leaving"
        self._deadline = now + LOGON_S * SECOND
        return [self._send(LOGOUT, [], now)[1]]

    def tick(self, now: int) -> list[Effect]:
        """What the time that has passed asks for."""
        if self.state in {"logon", "leaving"}:
            return self._down("no answer to our " + self.state) if now >= self._deadline else []
        if self.state not in {"up", "settling"}:
            return []
        every = self.identity.heartbeat_s * SECOND
        if now - self._heard >= int(every * (2 * GRACE + 1)):
            return self._down(f"silent for {(now - self._heard) // SECOND} s")
        if (self._asked_up_to or self.state == "settling") and now >= self._deadline:
            return self._out("messages that were asked for did not come", now)
        effects: list[Effect] = []
        if now - self._heard >= int(every * GRACE) and not self._tested:
            self._tested = True
            effects.append(self.ping(now)[1])
        elif now - self._sent >= every:
            effects.append(self._send(HEARTBEAT, [], now)[1])
        return effects

    def receive(self, data: bytes, now: int) -> list[Effect]:
        """What the bytes that came ask for."""
        effects: list[Effect] = []
        for message in self.frames.feed(data):
            if self.state in {"new", "down"}:
                break
            self._heard = now
            self._tested = False
            try:
                effects += self._message(message, now)
            except Garbled as error:
                effects += self._out(error.message, now)
        return effects

    # How a message is taken.

    def _message(self, message: Message, now: int) -> list[Effect]:
        if (message.get(49), message.get(56)) != (self.identity.target, self.identity.sender):
            return self._out("a message for somebody else", now)
        number = message.number(34)
        if self.state == "logon":
            return self._first(message, number, now)
        if message.type == SEQUENCE_RESET and message.get(123) != "Y":
            return self._jump(message, now)
        expected = self.numbers.incoming
        if number < expected:
            if message.get(43) == "Y":
                return []
            return self._out(f"MsgSeqNum too low, expecting {expected} but received {number}", now)
        if number > expected:
            return self._gap(message, number, now)
        self._advance(number + 1)
        return self._in_order(message, number, now)

    def _first(self, message: Message, number: int, now: int) -> list[Effect]:
        """What follows from the answer to our logon."""
        if message.type == LOGOUT:
            return self._down(message.get(58) or "logged out", refused=True)
        if message.type != LOGON:
            return self._out("the first message is not a logon", now)
        if self.identity.reset or (message.get(141) == "Y" and number == 1):
            self.numbers.incoming = 1
        expected = self.numbers.incoming
        if number < expected and message.get(43) != "Y":
            return self._out(f"MsgSeqNum too low, expecting {expected} but received {number}", now)
        effects: list[Effect] = []
        if number > expected:
            effects += self._gap(message, number, now)
        else:
            self._advance(max(expected, number + 1))
        if self.identity.reset:
            self.state = "up"
            return [*effects, Up()]
        self.state = "settling"
        self._deadline = now + int(2 * GRACE * self.identity.heartbeat_s * SECOND)
        return [*effects, self._settle(now)]

    def _settle(self, now: int) -> Send:
        """A test request is on its way whose answer says that nothing before it is missed."""
        self._settling, sending = self.ping(now)
        return sending

    def _in_order(self, message: Message, number: int, now: int) -> list[Effect]:
        """What follows from a message whose turn it is."""
        if message.type == SEQUENCE_RESET:
            after = message.number(36)
            if after <= number:
                return [self._refuse(number, "NewSeqNo is not ahead", now)]
            self._advance(after)
            return []
        if message.type == RESEND_REQUEST:
            return self._fill(message, now)
        if message.type == TEST_REQUEST:
            return [self._send(HEARTBEAT, [(112, sendable(message.get(112)))], now)[1]]
        if message.type == LOGOUT:
            return self._logged_out(message, now)
        if message.type == LOGON:
            return self._out("a second logon", now)
        if self.state == "settling" and message.type == HEARTBEAT and message.get(112) == self._settling:
            self.state = "up"
            return [Up()]
        return [Deliver(message, message.get(43) == "Y")]

    def _gap(self, message: Message, number: int, now: int) -> list[Effect]:
        """What follows from a message that comes too early: it is asked for again, with those before it."""
        if message.type == LOGOUT:
            return self._logged_out(message, now)
        effects: list[Effect] = []
        if message.type == RESEND_REQUEST:
            effects += self._fill(message, now)
        if not self._asked_up_to:
            self._deadline = now + int(2 * GRACE * self.identity.heartbeat_s * SECOND)
            body = [(7, str(self.numbers.incoming)), (16, "0")]
            effects.append(self._send(RESEND_REQUEST, body, now)[1])
        self._asked_up_to = max(self._asked_up_to, number)
        return effects

    def _fill(self, message: Message, now: int) -> list[Effect]:
        """The answer to any request to resend: nothing of that is sent again, the next number is named."""
        begin, end = message.number(7), message.number(16)
        after = self.numbers.outgoing
        if not 0 < begin < after:
            return [self._refuse(message.number(34), "BeginSeqNo was never sent", now)]
        if end and end + 1 < after:
            after = max(begin, end) + 1
        body = [(123, "Y"), (36, str(after))]
        header = [(43, "Y"), (122, stamp(now))]
        filling = Send(encode(SEQUENCE_RESET, self._header(begin, now, header), body))
        return [filling, self._settle(now)] if self.state == "settling" else [filling]

    def _jump(self, message: Message, now: int) -> list[Effect]:
        """What follows from a sequence reset that is not a gap fill: only forward."""
        after = message.number(36)
        if after < self.numbers.incoming:
            return [self._refuse(message.number(34), "NewSeqNo goes back", now)]
        self._advance(after)
        return []

    def _logged_out(self, message: Message, now: int) -> list[Effect]:
        if self.state == "leaving":
            return self._down("left")
        answer = self._send(LOGOUT, [], now)[1]
        return [answer, *self._down(message.get(58) or "logged out by the counterparty")]

    # How a message is made.

    def _advance(self, after: int) -> None:
        """`after` is the next number expected."""
        self.numbers.incoming = after
        self.numbers.keep()
        if after > self._asked_up_to:
            self._asked_up_to = 0

    def _header(self, number: int, now: int, more: list[Pair]) -> list[Pair]:
        who = self.identity
        subs = [(tag, name) for tag, name in ((50, who.sender_sub), (57, who.target_sub)) if name]
        return [(49, who.sender), (56, who.target), (34, str(number)), *subs, (52, stamp(now)), *more]

    def _send(self, kind: str, body: list[Pair], now: int) -> tuple[int, Send]:
        """The next number is used, for good, before its bytes are given out."""
        number = self.numbers.outgoing
        data = encode(kind, self._header(number, now, []), body)
        self.numbers.outgoing = number + 1
        self.numbers.keep()
        self._sent = now
        return number, Send(data)

    def _refuse(self, number: int, reason: str, now: int) -> Send:
        return self._send(REJECT, [(45, str(number)), (58, sendable(reason))], now)[1]

    def _out(self, reason: str, now: int) -> list[Effect]:
        """We end it: a logout that says why, and no waiting."""
        return [self._send(LOGOUT, [(58, sendable(reason))], now)[1], *self._down(reason)]

    def _down(self, reason: str, *, refused: bool = False) -> list[Effect]:
        self.state = "down"
        return [Down(reason, refused)]
