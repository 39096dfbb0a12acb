"""What was committed goes out in order, at least once, whoever is killed in between."""

import pytest
from journal_cases import write
from postgres_servers import changed, new_account
from served_journals import opened

from tradewind.adapters.journal import BadJournal
from tradewind.adapters.postgres.outbox import Outbox
from tradewind.errors import BadData


@pytest.fixture
def folder(tmp_path):
    """The folder of a new account."""
    return tmp_path / new_account()


@pytest.fixture
def outbox(address, folder):
    """The outbox of the account."""
    made = Outbox(address, folder.name)
    yield made
    made.close()


class Receiver:
    """Takes blocks, and now and then says nothing of it."""

    def __init__(self, lost=()):
        self.seen, self.calls, self.lost = [], 0, set(lost)

    def __call__(self, blocks):
        self.calls += 1
        self.seen += [block.seq for block in blocks]
        if self.calls in self.lost:
            raise ConnectionError("the acknowledgement was lost")


def test_blocks_are_published_once_in_order_as_they_come(address, folder, outbox):
    receiver = Receiver()
    assert outbox.step(receiver) == 0
    with opened(address, folder) as journal:
        for number in range(1, 6):
            write(journal, 1)
            assert outbox.waiting > 0
            while outbox.step(receiver, most=2):
                pass
            assert receiver.seen == list(range(1, journal.position.seq + 1))
            assert (outbox.published, outbox.waiting) == (journal.position.seq, 0)
            assert journal.position.commit == number


def test_what_was_not_acknowledged_is_published_again_by_whoever_comes_next(address, folder, outbox):
    with opened(address, folder) as journal:
        write(journal, 6)
        last = journal.position.seq
    receiver = Receiver(lost=(2, 3))
    outbox.step(receiver, most=5)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            outbox.step(receiver, most=5)
    assert outbox.published == 5
    other = Outbox(address, folder.name)
    while other.step(receiver, most=5):
        pass
    other.close()

    assert receiver.seen == [*range(1, 6), *range(6, 11), *range(6, 11), *range(6, last + 1)]
    assert outbox.waiting == 0


def test_two_publishers_double_some_blocks_and_skip_none(address, folder, outbox):
    with opened(address, folder) as journal:
        write(journal, 8)
        last = journal.position.seq
    other, receiver = Outbox(address, folder.name), Receiver()

    def overtaken(blocks):
        receiver(blocks)
        if receiver.calls < 6:
            other.step(receiver, most=3)

    while outbox.step(overtaken, most=4):
        pass
    other.close()
    firsts = list(dict.fromkeys(receiver.seen))

    assert firsts == list(range(1, last + 1))
    assert outbox.published == last


def test_everything_behind_a_block_can_be_published_again(address, folder, outbox):
    with opened(address, folder) as journal:
        write(journal, 4)
        last = journal.position.seq
    receiver = Receiver()
    outbox.step(receiver)
    outbox.publish_again(3)
    outbox.step(receiver)

    assert receiver.seen == [*range(1, last + 1), *range(4, last + 1)]
    for wrong in (-1, last + 1):
        with pytest.raises(BadData, match="was not published yet"):
            outbox.publish_again(wrong)


@pytest.mark.parametrize("seq", [1, 5, 6])
def test_a_block_that_is_not_what_was_written_is_not_published(address, folder, outbox, seq):
    with opened(address, folder) as journal:
        write(journal, 6)
    harm = "UPDATE trading.journal_blocks SET ts_ns = 7 WHERE account = %(it)s AND seq = %(seq)s"
    changed(address, harm, it=folder.name, seq=seq)
    receiver = Receiver()
    for _ in range(1, seq):
        outbox.step(receiver, most=1)
    with pytest.raises(BadJournal, match=f"Block {seq} "):
        outbox.step(receiver, most=1)
    assert receiver.seen == list(range(1, seq))


def test_a_publisher_runs_until_it_is_told_to_stop(address, folder, outbox):
    receiver, turns, slept = Receiver(), iter([False] * 5 + [True]), []
    with opened(address, folder) as journal:
        write(journal, 3)
        outbox.run(receiver, lambda: next(turns), sleep=slept.append)

        assert receiver.seen == list(range(1, journal.position.seq + 1))
        assert slept == [0.05] * 4
