"""What travels can be read by those who know it, and whatever else comes is put aside."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.kafka.messages import (
    Alert,
    Bars,
    JournalBlock,
    Linked,
    Quotes,
    Unreadable,
    column,
    decoded,
    encoded,
    quotes_of,
)
from tradewind.broker import Quote

NUMBERS = column([1, 2])
MESSAGES = [
    Quotes(
        feed="f", epoch=1, sequence=1, symbol="XAUUSD", tick="0.001", received=5, ts=NUMBERS, bid=NUMBERS, ask=NUMBERS
    ),
    Linked(feed="f", epoch=1, sequence=2, symbol="XAUUSD", up=False, reason="cut", received=5),
    Bars(
        feed="f", symbol="US30", seconds=60, side="bid", tick="0.1", ts=NUMBERS, open=NUMBERS, high=NUMBERS,
        low=NUMBERS, close=NUMBERS, volume=NUMBERS,
    ),
    JournalBlock(
        account="a", seq=1, commit_number=1, remaining=0, epoch=1, ts=2, log="events", before=0, start=0, rows=1,
        crc=3, chain=b"c", payload=b"p",
    ),
    Alert(account="a", ts=1, about="kill", level="critical", text="x"),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_what_was_written_is_read(message):
    assert decoded(encoded(message)) == message


@pytest.mark.parametrize("message", MESSAGES)
def test_fields_of_newer_writers_are_passed_over_and_newer_versions_are_not_guessed(message):
    told = msgspec.msgpack.decode(encoded(message))

    assert decoded(msgspec.msgpack.encode(told | {"later": [1, 2]})) == message
    newer = decoded(msgspec.msgpack.encode(told | {"v": 2}))
    assert isinstance(newer, Unreadable)
    assert "version 2" in newer.why
    assert isinstance(decoded(msgspec.msgpack.encode(told | {"type": "unheard"})), Unreadable)


def test_columns_that_do_not_fit_one_another_are_unreadable():
    assert isinstance(decoded(encoded(msgspec.structs.replace(MESSAGES[0], bid=NUMBERS[:8]))), Unreadable)
    assert isinstance(decoded(encoded(msgspec.structs.replace(MESSAGES[0], ts=b"x", bid=b"x", ask=b"x"))), Unreadable)
    assert isinstance(decoded(encoded(msgspec.structs.replace(MESSAGES[2], volume=b""))), Unreadable)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_nothing_is_raised(raw):
    assert isinstance(decoded(raw), Unreadable)


@given(st.sampled_from(MESSAGES), st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_gives_a_message_or_none_and_no_error(message, place, change):
    raw = bytearray(encoded(message))
    raw[place % len(raw)] ^= change

    assert decoded(bytes(raw)) is not None


def test_prices_become_the_traders_quotes():
    ts, bid, ask = (np.arange(3) + start for start in (10, 20, 30))
    message = Quotes(feed="f", epoch=1, sequence=1, symbol="X", tick="1", received=1, ts=column(ts), bid=column(bid),
                     ask=column(ask))  # fmt: skip

    assert quotes_of(message, 4) == [Quote(4, 10, 20, 30), Quote(4, 11, 21, 31), Quote(4, 12, 22, 32)]
