"""What every board promises, whatever it is made of."""

import json
import math
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_servers import folder, redis

from tradewind.adapters.address import read_address
from tradewind.adapters.board import LARGEST
from tradewind.adapters.memory_board import MemoryBoard
from tradewind.adapters.redis import RedisBoard
from tradewind.errors import BadData

LONG_S = 30.0
"""A bound that no test reaches unless it fails."""


@pytest.fixture(params=["memory", "redis"])
def board(request):
    if request.param == "memory":
        made = MemoryBoard(kept=100)
    else:
        made = RedisBoard(read_address(redis(), folder() / "secrets"), kept=100, timeout_s=LONG_S)
        made._client.flushall()
    yield made
    made.close()


def settled(board):
    """Return the board when all it was given has arrived."""
    until = time.monotonic() + LONG_S
    while board.state.waiting and time.monotonic() < until:
        time.sleep(0.005)
    assert board.state.up
    assert board.state.waiting == 0
    return board


def published(board, topic, *values):
    """Return the board on which the values have arrived."""
    for value in values:
        board.publish(topic, value)
    return settled(board)


def test_the_latest_value_is_the_one_published_last(board):
    published(board, "account.paper", {"equity": 1}, {"equity": 2})

    assert board.latest("account.paper") == {"equity": 2}


def test_a_topic_that_nobody_wrote_to_has_no_value(board):
    published(board, "here", 1)

    assert board.latest("there") is None
    assert list(board.subscribe("there")) == []


def test_topics_do_not_mix(board):
    readers = {name: board.subscribe(name) for name in ("a", "b", "a.b", "ä")}
    for number in range(5):
        for name in readers:
            board.publish(name, f"{name}{number}")
    settled(board)

    assert {name: list(reader) for name, reader in readers.items()} == {
        name: [f"{name}{number}" for number in range(5)] for name in readers
    }


def test_a_reader_sees_what_is_published_after_it_came_in_order_and_once(board):
    published(board, "prices", "before")
    reader = board.subscribe("prices")
    published(board, "prices", *range(50))

    assert list(reader) == list(range(50))
    assert list(reader) == []
    published(board, "prices", "more")
    assert list(reader) == ["more"]
    assert reader.missed == 0


def test_readers_do_not_take_from_one_another(board):
    readers = [board.subscribe("prices") for _ in range(3)]
    published(board, "prices", 1, 2)

    assert [list(reader) for reader in readers] == [[1, 2]] * 3


@pytest.mark.parametrize("read", [0, 1, 7, 10])
def test_a_reader_goes_on_from_its_position(board, read):
    published(board, "prices", "before")
    reader = board.subscribe("prices")
    published(board, "prices", *range(10))
    first = [next(reader) for _ in range(read)]

    again = board.subscribe("prices", after=reader.position)

    assert first + list(again) == list(range(10))
    assert again.missed == 0


def test_a_reader_who_comes_too_late_knows_how_many_it_missed(board):
    """A hundred are kept, or somewhat more: Redis trims whole nodes of its streams."""
    reader = board.subscribe("prices")
    published(board, "prices", 0)
    assert list(reader) == [0]
    published(board, "prices", *range(1, 1_001))
    seen = list(board.subscribe("prices", after=reader.position))
    late = board.subscribe("prices", after=reader.position)

    assert seen == list(late)
    assert 100 <= len(seen) <= 300
    assert seen == list(range(1_001 - len(seen), 1_001))
    assert late.missed == 1_000 - len(seen)


def test_a_reader_waits_as_long_as_it_was_told(board):
    reader = board.subscribe("prices", patience_s=LONG_S)
    later = threading.Timer(0.2, board.publish, ("prices", "late"))
    later.start()

    assert next(reader) == "late"


@pytest.mark.parametrize(
    "text", ["x", "1", "1 2", "1 2 3 4", "-1 2 3", "1-x 2 3", "1  3", "\u0661 2 3", "9" * 40 + " 1 1", " "]
)
def test_what_is_no_position_is_refused(board, text):
    with pytest.raises(BadData, match="is no position on a board"):
        board.subscribe("prices", after=text)


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}, b"raw", {(1, 2): 3}, "x" * LARGEST])
def test_what_cannot_be_shown_is_counted_and_harms_nothing(board, value):
    published(board, "prices", "good")
    board.publish("prices", value)

    assert settled(board).latest("prices") == "good"
    assert board.state.unfit == 1
    assert board.state.why.startswith("prices: ")


def test_numbers_of_numpy_are_shown_as_numbers(board):
    published(
        board, "prices", {"bid": np.float64(1.5), "ts": np.int64(2**62), "last": np.array([1, 2]), "up": np.bool_(1)}
    )

    assert board.latest("prices") == {"bid": 1.5, "ts": 2**62, "last": [1, 2], "up": True}


def test_a_value_may_be_changed_after_it_was_published_or_read(board):
    value = {"positions": [1]}
    published(board, "account", value)
    value["positions"].append(2)
    board.latest("account")["positions"].append(3)

    assert board.latest("account") == {"positions": [1]}


def test_threads_may_publish_together(board):
    reader = board.subscribe("prices")
    work = [threading.Thread(target=lambda k=k: [board.publish("prices", [k, i]) for i in range(20)]) for k in range(4)]
    for one in work:
        one.start()
    for one in work:
        one.join()

    seen = list(settled(board).subscribe("prices", after=reader.position))
    assert sorted(seen) == [[k, i] for k in range(4) for i in range(20)]
    assert all([i for who, i in seen if who == k] == list(range(20)) for k in range(4))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(topic=st.text(min_size=1, max_size=8), value=PLAIN)
def test_any_plain_value_on_any_topic_comes_back_as_it_was(board, topic, value):
    """A lone surrogate is no text, and no topic of ours."""
    topic = topic.encode("utf-8", "replace").decode("utf-8")
    reader = board.subscribe(topic)
    published(board, topic, value)

    assert board.latest(topic) == value
    assert list(reader) == [value]
    assert json.loads(json.dumps(value)) == value
