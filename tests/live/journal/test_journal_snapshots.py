"""A recovery begins from the newest state that is whole and belongs to this journal."""

import pytest
from journal_cases import events, expected, opened, told, write

from tradewind.adapters.journal import snapshots
from tradewind.errors import BadData


def files(folder):
    return sorted(path.name for path in (folder / "journal.snapshots").iterdir())


def test_the_newest_snapshot_comes_back_and_three_are_kept(tmp_path):
    with opened(tmp_path) as journal:
        assert journal.newest_snapshot() is None
        for number in range(1, 6):
            write(journal, 1)
            assert journal.keep_snapshot(b"state %d" % number * 1_000) == number
        write(journal, 2)

    with opened(tmp_path) as journal:
        assert journal.newest_snapshot() == (5, b"state 5" * 1_000)
        assert told(journal, 5) == expected(7)[len(expected(5)) :]
        assert files(tmp_path) == [f"{number:012}.snapshot" for number in (3, 4, 5)]
        assert journal.check() is None


@pytest.mark.parametrize("harm", ["flip", "cut", "empty"])
def test_a_damaged_snapshot_is_passed_over(tmp_path, harm):
    with opened(tmp_path) as journal:
        for number in (1, 2):
            write(journal, 1)
            journal.keep_snapshot(b"state %d" % number)
        digest = journal.digest()
    path = tmp_path / "journal.snapshots" / "000000000002.snapshot"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes({"flip": raw, "cut": raw[:-1], "empty": b""}[harm])

    with opened(tmp_path) as journal:
        assert journal.newest_snapshot() == (1, b"state 1")
        assert journal.digest() == digest
        assert snapshots.damaged(tmp_path / "journal.snapshots") == [path.name]


def test_every_bit_of_a_snapshot_counts(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 1)
        journal.keep_snapshot(b"state")
    path = tmp_path / "journal.snapshots" / "000000000001.snapshot"
    raw = path.read_bytes()
    for bit in range(len(raw) * 8):
        harmed = bytearray(raw)
        harmed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(harmed)
        assert list(snapshots.whole(path.parent)) == []


def test_a_snapshot_of_another_journal_is_not_used(tmp_path):
    for name, epoch in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        with opened(tmp_path / name) as journal:
            write(journal, 3, epoch)
            journal.keep_snapshot(name.encode())
    path = "journal.snapshots/000000000003.snapshot"
    (tmp_path / "a" / path).write_bytes((tmp_path / "b" / path).read_bytes())

    with opened(tmp_path / "a") as journal:
        assert journal.newest_snapshot() is None
        assert told(journal) == expected(3)


def test_a_snapshot_while_rows_wait_is_refused(tmp_path):
    with opened(tmp_path) as journal:
        journal.append("events", events(1))
        with pytest.raises(BadData, match="Commit first"):
            journal.keep_snapshot(b"")


def test_a_snapshot_that_cannot_be_written_harms_nothing(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 1)
        (tmp_path / "journal.snapshots").write_text("a file where the folder should be")
        with pytest.raises(Exception, match="cannot be used"):
            journal.keep_snapshot(b"")
        write(journal, 1)
        assert told(journal) == expected(2)
