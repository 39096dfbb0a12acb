"""Whatever happens to the file, nobody is given a row that was not written: bits flip, ends are cut, files go missing.

A damage is found when the journal is opened, or it has touched nothing that anyone can read: bytes of a database page
that are in no use. Then everything is as it was, and stays so when the journal is written on.
"""

import shutil
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
from journal_cases import events, expected, opened, told, write

from tradewind.adapters.journal import BadJournal
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.heads import Head

COMMITS = 60
NAMES = ("journal.sqlite", "journal.sqlite-wal", "journal.watermark")
MEMORY = Path("/dev/shm")  # noqa: S108 - thousands of small files are laid out; what is durable is tried elsewhere


@pytest.fixture
def place():
    """Return a new folder, in memory where there is some."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module", params=["folded", "wal"])
def sound(request, tmp_path_factory):
    """Return the files of a sound journal, by name: closed in order, or as a kill leaves them."""
    folder = tmp_path_factory.mktemp("sound")
    journal = opened(folder)
    write(journal, COMMITS // 2)
    journal.keep_snapshot(b"half")
    journal.checkpoint()
    write(journal, COMMITS - COMMITS // 2)
    if request.param == "folded":
        journal.close()
    files = {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}
    journal.close()
    return files


def laid(folder, files):
    """Return the folder with these files in it and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, raw in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def verdict(folder, files):
    """Return what became of a harmed journal: "refused", "cut" or "harmless"; fails where something false was read."""
    laid(folder, files)
    found = "refused"
    try:
        journal = opened(folder, busy_s=0.01, reserve_bytes=0)
    except BadJournal as error:
        assert {name: (folder / name).read_bytes() for name in files} == files, "nothing is changed"
        damage = error.damage
        if damage is None or damage.good == 0:
            return found
        journal = opened(folder, busy_s=0.01, reserve_bytes=0, accept=True)
        good = damage.good
    else:
        found = "harmless" if journal.cut is None else "cut"
        good = COMMITS if journal.cut is None else journal.cut.good
    with journal:
        assert told(journal) == expected(good), "the prefix is what was written"
        if found != "harmless":
            (note,) = journal.notes("journal cut")
            quarantine = folder / note.document["quarantine"]
            assert {name: (quarantine / name).read_bytes() for name in files} == files
        journal.append("events", events(1_000, 50))
        journal.commit(9)
    with opened(folder, reserve_bytes=0) as journal:
        assert journal.check() is None
    return found


def flips(files, count, seed):
    """Yield `count` journals with one bit of one file turned, spread evenly over all bits."""
    chance = np.random.default_rng(seed)
    total = sum(map(len, files.values())) * 8
    for place in np.sort(chance.choice(total, min(count, total), replace=False)):
        bit = int(place)
        for name, raw in files.items():
            if bit < len(raw) * 8:
                harmed = bytearray(raw)
                harmed[bit // 8] ^= 1 << bit % 8
                yield name, bit, {**files, name: bytes(harmed)}
                break
            bit -= len(raw) * 8


@pytest.mark.parametrize("seed", range(2))
def test_a_flipped_bit_is_found_or_changes_nothing(sound, place, seed):
    tally = {}
    for name, bit, files in flips(sound, 150, seed):
        try:
            found = verdict(place / "harmed", files)
        except Exception as error:
            raise AssertionError(f"bit {bit} of {name}") from error
        tally[name, found] = tally.get((name, found), 0) + 1
    print(tally)

    assert tally


def test_a_cut_file_is_found_and_what_stands_before_the_cut_is_kept(sound, place):
    tally = {}
    for name, raw in sound.items():
        for size in np.linspace(0, len(raw) - 1, 60).astype(int):
            try:
                found = verdict(place / "harmed", {**sound, name: raw[: int(size)]})
            except Exception as error:
                raise AssertionError(f"{name} cut at {size}") from error
            tally[name, found] = tally.get((name, found), 0) + 1
    print(tally)

    assert tally


def test_a_flipped_bit_before_a_snapshot_is_found_at_the_latest_when_it_is_read(place):
    (place / "sound").mkdir()
    with opened(place / "sound") as journal:
        write(journal, COMMITS)
        journal.keep_snapshot(b"all")
    rest = {
        name: (place / "sound" / name).read_bytes() for name in ("journal.snapshots/000000000060.snapshot", NAMES[2])
    }
    found = 0
    for _, bit, harmed in flips({NAMES[0]: (place / "sound" / NAMES[0]).read_bytes()}, 250, 7):
        folder = laid(place / "harmed", {**harmed, **rest})
        try:
            with opened(folder, reserve_bytes=0) as journal:
                if journal.cut is None:
                    assert journal.newest_snapshot() == (COMMITS, b"all")
                good = COMMITS if journal.cut is None else journal.cut.good
                if journal.check() is None:
                    assert told(journal) == expected(good), f"bit {bit}"
                    found += good < COMMITS
                else:
                    found += 1
        except BadJournal:
            found += 1

    assert found > 100


def blocks_of(folder, commits):
    """Return the blocks of a journal of so many commits."""
    with opened(folder) as journal:
        for number in range(commits):
            journal.append("events", events(number * 40, 40))
            journal.note("turn", {"number": number})
            journal.commit(1 + number // 100)
    database = sqlite3.connect(folder / "journal.sqlite")
    blocks = [Block._make(row) for row in database.execute("SELECT * FROM blocks ORDER BY seq")]
    database.close()
    return blocks


def turned(block):
    """Yield the block with each bit of what is stored turned, one at a time."""
    for name in Block._fields:
        value = getattr(block, name)
        if isinstance(value, int):
            yield from (block._replace(**{name: value ^ 1 << bit}) for bit in range(63))
            continue
        raw = value.encode() if isinstance(value, str) else value
        for bit in range(len(raw) * 8):
            harmed = bytearray(raw)
            harmed[bit // 8] ^= 1 << bit % 8
            yield block._replace(**{name: harmed.decode("latin-1") if isinstance(value, str) else bytes(harmed)})


@pytest.mark.parametrize(("commits", "every"), [(60, 4), pytest.param(1_000, 1, marks=pytest.mark.soak)])
def test_every_bit_of_every_block_counts(place, commits, every):
    """In the short run every fourth block of a journal of 60 kB, in the long one all bits of one of 1 MB."""
    itemsizes, head, tried, blocks = {"events": 24, "commands": 16}, Head(), 0, blocks_of(place, commits)
    for number, block in enumerate(blocks):
        if number % every == 0:
            for harmed in turned(block):
                tried += 1
                assert head.fault_of(harmed, itemsizes), f"block {number}: {harmed}"
        assert not head.fault_of(block, itemsizes)
        head.extend(block)
    print(f"{tried} bits of {len(blocks)} blocks")

    assert head.commit == commits


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_many_flipped_bits_are_found_or_change_nothing(sound, place, part):
    for name, bit, files in flips(sound, 10_000, 100 + part):
        try:
            verdict(place / "harmed", files)
        except Exception as error:
            raise AssertionError(f"bit {bit} of {name}") from error


@pytest.mark.soak
def test_a_file_cut_anywhere_is_found(sound, place):
    """The database is cut at every byte, the longer log at every eleventh."""
    for name, raw in sound.items():
        for size in range(0, len(raw), 1 if len(raw) < 50_000 else 11):
            try:
                verdict(place / "harmed", {**sound, name: raw[:size]})
            except Exception as error:
                raise AssertionError(f"{name} cut at {size}") from error
