"""The session as a pure machine, against the table of FIX 4.4 volume 2 and against a million broken messages."""

import contextlib
from random import Random

import pytest
from counterparty import US30

from tradewind.adapters.brokers.fix import answers
from tradewind.adapters.brokers.fix.moments import moment, stamp
from tradewind.adapters.brokers.fix.numbers import FileNumbers, MemoryNumbers
from tradewind.adapters.brokers.fix.prices import Tops
from tradewind.adapters.brokers.fix.session import SECOND, Deliver, Down, Identity, Send, Session, Up
from tradewind.adapters.brokers.fix.wire import SOH, Frames, Garbled, checksum, encode
from tradewind.errors import BadData

READERS = (answers.report_of, answers.told_by_status, answers.living, answers.position_of, answers.cancel_refused)
NOW = 1_780_000_000 * SECOND


def theirs(number, kind, *body, now=NOW, **header):
    """Return the bytes of a message of the counterparty."""
    extra = [(43, "Y"), (122, stamp(now))] if header.get("again") else []
    who = [(49, "BROKER"), (56, "DESK"), (34, str(number)), (52, stamp(now)), *extra]
    return encode(kind, who, list(body))


def session(*, reset=True, numbers=None, up=True):
    """Return a session, logged on where wanted."""
    made = Session(Identity("DESK", "BROKER", reset=reset), "secret", numbers or MemoryNumbers())
    made.connect(NOW)
    if up:
        effects = made.receive(theirs(1, "A", (98, "0"), (108, "30"), (141, "Y")), NOW)
        if not reset:
            effects = made.receive(theirs(2, "0", (112, sent(effects)[0].get(112))), NOW)
        assert effects == [Up()]
    return made


def sent(effects):
    """Return what was sent, as messages."""
    return [message for effect in effects if isinstance(effect, Send) for message in Frames().feed(effect.data)]


def told(effects):
    """Return what was delivered or happened to the session, by name."""
    return [
        effect.message.type if isinstance(effect, Deliver) else type(effect).__name__
        for effect in effects
        if not isinstance(effect, Send)
    ]


def test_two_messages_in_one_packet_and_one_in_many_are_the_same():
    whole = theirs(2, "0") + theirs(3, "0")
    together = session().receive(whole, NOW)
    apart = session()
    pieces = [effect for byte in whole for effect in apart.receive(bytes([byte]), NOW)]

    assert told(together) == told(pieces) == ["0", "0"]


def test_any_request_to_resend_is_answered_by_a_gap_fill_and_no_order_is_sent_again():
    one = session()
    for _ in range(3):
        one.send("D", [(11, "TWCCCC-1-1-1-E0")], NOW)
    (all_of_it,) = sent(one.receive(theirs(2, "2", (7, "1"), (16, "0")), NOW))
    (a_part,) = sent(one.receive(theirs(3, "2", (7, "2"), (16, "3")), NOW))
    (nonsense,) = sent(one.receive(theirs(4, "2", (7, "900"), (16, "0")), NOW))

    assert [all_of_it.get(tag) for tag in (34, 36, 43, 123)] == ["1", "5", "Y", "Y"]
    assert [a_part.get(tag) for tag in (34, 36, 43, 123)] == ["2", "4", "Y", "Y"]
    assert (all_of_it.type, a_part.type, nonsense.type) == ("4", "4", "3")


def test_a_gap_is_asked_for_once_and_nothing_behind_it_counts_before_it_is_filled():
    one = session()
    early = one.receive(theirs(4, "8", (37, "x")), NOW)
    earlier = one.receive(theirs(5, "8", (37, "y")), NOW)
    filled = one.receive(theirs(2, "4", (123, "Y"), (36, "4"), again=True), NOW)
    again = one.receive(theirs(4, "8", (37, "x"), again=True) + theirs(5, "8", (37, "y"), again=True), NOW)

    assert [(message.type, message.get(7), message.get(16)) for message in sent(early)] == [("2", "2", "0")]
    assert (told(early), sent(earlier), told(earlier), told(filled)) == ([], [], [], [])
    assert told(again) == ["8", "8"]
    assert all(effect.duplicate for effect in again)


def test_a_gap_that_is_never_filled_ends_the_session():
    one = session()
    one.receive(theirs(4, "0"), NOW)
    later = NOW
    effects = []
    while not effects or told(effects)[-1:] != ["Down"]:
        later += 10 * SECOND
        assert later < NOW + 400 * SECOND
        effects = one.receive(theirs(90 + later % 7, "0", now=later), later) + one.tick(later)

    assert "did not come" in effects[-1].reason


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (theirs(1, "0"), "too low"),
        (encode("0", [(49, "BROKER"), (56, "SOMEBODY"), (34, "2"), (52, stamp(NOW))], []), "somebody else"),
        (encode("0", [(49, "BROKER"), (56, "DESK"), (52, stamp(NOW))], []), "not a number"),
        (theirs(2, "A", (98, "0"), (108, "30")), "second logon"),
        (theirs(2, "5", (58, "maintenance")), "maintenance"),
    ],
)
def test_what_the_standard_forbids_ends_the_session_with_a_logout(data, said):
    effects = session().receive(data, NOW)

    assert sent(effects)[-1].type == "5"
    assert isinstance(effects[-1], Down)
    assert said in effects[-1].reason


def test_a_number_too_low_with_the_mark_of_a_duplicate_is_passed_over():
    assert session().receive(theirs(1, "8", (37, "x"), again=True), NOW) == []


def test_a_sequence_reset_goes_forward_only():
    one = session()
    assert one.receive(theirs(77, "4", (36, "20")), NOW) == []
    assert one.numbers.incoming == 20
    assert sent(one.receive(theirs(20, "4", (36, "5")), NOW))[0].type == "3"
    assert one.numbers.incoming == 20


def test_heartbeats_go_out_and_silence_is_asked_about_and_then_ends_the_session():
    one = session()
    assert one.tick(NOW + 29 * SECOND) == []
    assert sent(one.tick(NOW + 30 * SECOND))[0].type == "0"
    asked = sent(one.tick(NOW + 36 * SECOND))
    assert (asked[0].type, asked[0].has(112)) == ("1", True)
    assert "silent" in one.tick(NOW + 103 * SECOND)[-1].reason


def test_a_test_request_is_answered_with_its_id():
    (answer,) = sent(session().receive(theirs(2, "1", (112, "hello")), NOW))

    assert (answer.type, answer.get(112)) == ("0", "hello")


def test_no_answer_to_a_logon_and_a_refusal_are_told_apart():
    silent = session(up=False).tick(NOW + 11 * SECOND)
    refused = session(up=False).receive(theirs(1, "5", (58, "wrong password")), NOW)

    assert (silent[-1].refused, refused[-1]) == (False, Down("wrong password", refused=True))


def test_a_lasting_session_goes_on_with_the_numbers_in_its_file(tmp_path):
    path = tmp_path / "numbers"
    numbers = FileNumbers(path)
    first = session(reset=False, numbers=numbers)
    first.send("D", [(11, "TWCCCC-1-1-2-E0")], NOW)
    numbers.close()
    numbers = FileNumbers(path)
    logon = sent(Session(Identity("DESK", "BROKER", reset=False), "secret", numbers).connect(NOW))[0]
    numbers.close()
    path.write_bytes(path.read_bytes()[:-4])

    assert (logon.get(34), logon.has(141), numbers.incoming) == ("4", False, 3)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(BadData, match="damaged"):
        FileNumbers(path)


def test_a_lasting_session_is_up_only_when_nothing_more_can_be_asked_for():
    numbers = MemoryNumbers()
    numbers.outgoing = 7
    one = Session(Identity("DESK", "BROKER", reset=False), "secret", numbers)
    one.connect(NOW)
    (test,) = sent(one.receive(theirs(1, "A", (98, "0"), (108, "30")), NOW))
    fill, second = sent(one.receive(theirs(2, "2", (7, "5"), (16, "0")), NOW))
    stale = one.receive(theirs(3, "0", (112, test.get(112))), NOW)
    now_up = one.receive(theirs(4, "0", (112, second.get(112))), NOW)

    assert (test.type, fill.type, fill.get(36), second.get(34)) == ("1", "4", "9", "9")
    assert ("Up" in told(stale), now_up) == (False, [Up()])


def test_a_frame_with_a_wrong_sum_or_length_is_dropped_and_the_next_one_is_read():
    good = theirs(2, "0")
    wrong_sum = good[:-4] + b"999\x01"
    wrong_length = good.replace(b"9=", b"9=1", 1)
    frames = Frames()

    assert len(frames.feed(wrong_sum + good)) == 1
    assert len(frames.feed(wrong_length + good + good * 30)) == 31
    assert len(frames.feed(b"noise" * 100 + b"8=FIX.4.4\x019=99999999\x01" + good)) == 1
    assert frames.garbled == 3


def test_data_that_holds_a_separator_is_one_field():
    plain = encode("0", [(34, "2")], [(354, "5"), (355, "abcde"), (58, "x")]).replace(b"abcde", b"a\x01c=e")
    body = plain[:-7]
    (message,) = Frames().feed(body + b"10=" + checksum(body) + SOH)

    assert (message.get(355), message.get(58)) == ("a\x01c=e", "x")


def test_a_value_cannot_end_its_field():
    with pytest.raises(Garbled):
        encode("D", [], [(11, "TW\x0154=2")])


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("20260101-00:00:00", 1_767_225_600_000_000_000),
        ("20260101-00:00:00.5", 1_767_225_600_500_000_000),
        ("20260101-00:00:00.123456789", 1_767_225_600_123_456_789),
        ("20161231-23:59:60", 1_483_228_799_000_000_000),
    ],
)
def test_a_moment_is_read_to_the_nanosecond(text, ns):
    assert moment(text) == ns


REPORT = [
    (37, "77"), (11, "TWDDDD-1-1-1-E0"), (17, "E1"), (150, "F"), (39, "1"), (55, "US30"), (54, "1"), (38, "10"),
    (40, "2"), (44, "39000"), (32, "3"), (31, "38999.5"), (14, "3"), (151, "7"), (6, "38999.5"),
    (60, "20260101-00:00:00"), (702, "1"), (704, "3"), (268, "1"), (279, "0"), (269, "0"), (270, "39000.5"),
]  # fmt: skip
PIECES = (b"8=FIX.4.4\x01", b"9=", b"\x01", b"=", b"10=", b"\xff", b"NaN", b"1e999", b"-", b"35=8\x01", b"95=9\x01")


def mutated(data, chance):
    """Return the message with bytes changed, cut, doubled or put in, half of them with a right length and sum."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(4)
        if kind == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif kind == 1:
            del changed[at : at + chance.randint(1, 8)]
        elif kind == 2:
            changed[at:at] = changed[at : at + chance.randint(1, 20)]
        else:
            changed[at:at] = chance.choice(PIECES)
    return bytes(changed)


def framed(body):
    """Return a body in a frame that is right."""
    head = b"8=FIX.4.4\x019=%d\x01" % len(body) + body
    return head + b"10=" + checksum(head) + SOH


def fuzz(count, seed):
    """Feed mutated messages to the parser, the session and every reader; return how many were whole messages."""
    chance = Random(seed)
    book = answers.Book((US30,), {"US30": 0}, "USD", position_ids=True)
    tops = Tops(book)
    frames = Frames()
    data = theirs(2, "8", *REPORT)
    body = data[data.index(b"35=") : -7]
    kinds = (b"8", b"9", b"W", b"X", b"AP", b"2", b"4", b"j", b"A", b"5", b"1", b"3")
    whole = 0
    live = session()
    for _ in range(count):
        if chance.random() < 0.5:
            packet = mutated(data, chance)
        else:
            packet = framed(mutated(body.replace(b"35=8", b"35=" + chance.choice(kinds), 1), chance))
        for message in frames.feed(packet):
            whole += 1
            for reader in READERS:
                with contextlib.suppress(Garbled):
                    reader(message, book)
            with contextlib.suppress(Garbled):
                tops.read(message)
        live.receive(packet, NOW)
        if live.state != "up":
            live = session()
        assert len(frames._buffer) < 1 << 18
    return whole


def test_thirty_thousand_broken_messages_raise_nothing_but_garbled():
    assert fuzz(30_000, 20_261_122) > 3_000


@pytest.mark.soak
def test_a_million_broken_messages_raise_nothing_but_garbled():
    assert fuzz(1_000_000, 1) > 100_000
