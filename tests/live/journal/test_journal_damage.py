"""Whatever happens to the file, nobody is given a row that was not written: bits flip, ends are cut, files go missing.

A damage is found when the journal is opened, or it has touched nothing that anyone can read: bytes of a database page
that are in no use. Then everything is as it was, and stays so when the journal is written on.
"""

import shutil

import numpy as np
import pytest
from journal_cases import events, expected, opened, told, write

from tradewind.adapters.journal import BadJournal

COMMITS = 60
NAMES = ("journal.sqlite", "journal.sqlite-wal", "journal.watermark")


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
    places = [(name, bit) for name, raw in files.items() for bit in (0, len(raw) * 8)]
    del places
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


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_is_found_or_changes_nothing(sound, tmp_path, seed):
    tally = {}
    for name, bit, files in flips(sound, 150, seed):
        try:
            found = verdict(tmp_path / "harmed", files)
        except Exception as error:
            raise AssertionError(f"bit {bit} of {name}") from error
        tally[name, found] = tally.get((name, found), 0) + 1
    print(tally)

    assert tally


def test_a_cut_file_is_found_and_what_stands_before_the_cut_is_kept(sound, tmp_path):
    tally = {}
    for name, raw in sound.items():
        for size in np.linspace(0, len(raw) - 1, 60).astype(int):
            try:
                found = verdict(tmp_path / "harmed", {**sound, name: raw[: int(size)]})
            except Exception as error:
                raise AssertionError(f"{name} cut at {size}") from error
            tally[name, found] = tally.get((name, found), 0) + 1
    print(tally)

    assert tally
