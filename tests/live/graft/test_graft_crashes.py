"""Killed at every commit around a graft, before it was durable and after: nothing is lost, nothing twice."""

import contextlib

import pytest
from graft_desk import PLAIN, A, B, added, log, on_tape, opened, request, settings

from tradewind.adapters.journal import SqliteJournal
from tradewind.runner import LOGS

AT, END = 1500, 2100
"""Rows of the tape at which the strategy is added, and at which the runs end."""
AROUND = 4
"""Commits killed at on each side of the one that holds the graft."""


class Killed(Exception):  # noqa: N818 - what it is, not an error
    """The process is gone."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Settings with made-up days."""
    return settings(tmp_path_factory.mktemp("crashes"))


def life(desk, path):
    """The tape to where a strategy is added, the strategy, the tape to the end: whatever of it is still to do."""
    if len(desk.prepared.strategies) == 1:
        on_tape(desk, AT, 20)
        assert added(desk, path)["done"]
    on_tape(desk, END, 20)


def killed_at(desk, commit, *, durable):
    """The desk's process ends at a commit: just before it is durable or just after."""
    real, done = desk.journal.commit, iter(range(1, 1 << 30))

    def dying(epoch):
        if next(done) != commit:
            return real(epoch)
        if durable:
            real(epoch)
        raise Killed

    desk.journal.commit = dying


def cut_short(wanted, name, path, kill):
    """A life ends at a commit, counted from its first, just before it is durable or after; return its folder."""
    with opened(wanted, name) as desk:
        killed_at(desk, kill[0], durable=kill[1])
        with contextlib.suppress(Killed):
            life(desk, path)
            raise AssertionError("it was not killed")
    return desk.folder.root


def logs_of(root):
    """Return every log of an account that is closed."""
    return {name: log(root, name).tobytes() for name in LOGS}


def counted(desk):
    """Return the commits of a desk, one entry each: whether it held a graft."""
    real, found = desk.journal.commit, []

    def counting(epoch):
        before = len(desk.journal.notes("graft"))
        found.append(before)
        return real(epoch)

    desk.journal.commit = counting
    return found


@pytest.mark.parametrize("path", [PLAIN, B], ids=["plain", "days and four hours"])
def test_a_kill_at_any_commit_around_a_graft_changes_no_byte(found, path, monkeypatch):
    """Cut before, in and after; the next process knows only of the first strategy; snapshots are kept or lost."""
    if path == B:
        text = path.read_text()
        start = text.index("def on_session")
        path = found.data / "no_sessions.py"
        path.write_text(text[:start] + text[text.index("def on_order") :])
    with opened(request(found, A), f"whole-{path.stem}") as desk:
        commits = counted(desk)
        life(desk, path)
    expected = logs_of(desk.folder.root)
    graft = commits.index(1) + 1
    assert len(commits) > graft + AROUND
    monkeypatch.setattr("tradewind.live.nursery.compiled_apart", lambda _: None)  # it is in the cache

    for commit in range(graft - AROUND, graft + AROUND):
        for durable in (False, True):
            name = f"killed-{path.stem}-{commit}-{int(durable)}".replace("_", "-")
            root = cut_short(request(found, A), name, path, (commit, durable))
            if commit % 2:
                for snapshot in (root / "journal.snapshots").glob("*"):
                    snapshot.unlink()
            with opened(request(found, A), name) as desk:
                there = len(desk.prepared.strategies)
                assert there == (2 if (commit, durable) >= (graft, True) else 1)
                life(desk, path)
            assert len(_grafts(desk)) == 1
            assert logs_of(desk.folder.root) == expected, name


def _grafts(desk):
    with opened(desk.prepared.request, desk.folder.name) as again:
        return again.journal.notes("graft")


def test_a_kill_while_the_strategy_grows_up_leaves_the_account_as_it_was(found):
    """No answer was given, so nobody was told that it trades."""
    with opened(request(found, A), "growing") as desk:
        on_tape(desk, AT)
        desk.folder.ask("1", {"verb": "add", "strategy": str(PLAIN), "person": "Ann", "reason": "a test"})
        desk.people()
        assert desk.newcomer is not None
        desk.newcomer.wait()
    with opened(request(found, A), "growing") as desk:
        assert len(desk.prepared.strategies) == 1
        assert desk.folder.answered("1", 0.2) is None
        assert list(desk.folder.orders()) == []
        on_tape(desk, END)


def test_a_snapshot_is_kept_right_behind_a_graft(found):
    """The next start does not replay through it."""
    with opened(request(found, A), "snapshot") as desk:
        on_tape(desk, AT)
        assert added(desk, PLAIN)["done"]
        commit, _ = desk.journal.newest_snapshot()
        assert commit >= desk.journal.notes("graft")[0].commit


def test_a_kill_at_the_first_commits_of_a_start_with_one_more_changes_no_byte(found, monkeypatch):
    """Named at a start: killed before and after each of the commits it begins with, it is taken in once."""

    def until_there(name):
        with opened(request(found, A), name) as desk:
            on_tape(desk, AT, 20)
        return request(found, A, PLAIN)

    wanted = until_there("named")
    with opened(wanted, "named") as desk:
        on_tape(desk, END, 20)
    expected = logs_of(desk.folder.root)
    monkeypatch.setattr("tradewind.live.nursery.compiled_apart", lambda _: None)  # it is in the cache
    real = SqliteJournal.commit

    for commit in range(1, AROUND):
        for durable in (False, True):
            name = f"named-{commit}-{int(durable)}"
            until_there(name)
            monkeypatch.setattr(SqliteJournal, "commit", dying_at(real, commit, durable=durable))
            with pytest.raises(Killed), opened(wanted, name) as desk:
                on_tape(desk, END, 20)
            monkeypatch.setattr(SqliteJournal, "commit", real)
            with opened(wanted, name) as desk:
                on_tape(desk, END, 20)
                assert len(desk.journal.notes("graft")) == 1
            assert logs_of(desk.folder.root) == expected, name


def dying_at(real, commit, *, durable):
    """Return a commit that ends the process the given time it is called, just before it is durable or just after."""
    done = iter(range(1, 1 << 30))

    def dying(journal, epoch):
        if next(done) != commit:
            return real(journal, epoch)
        if durable:
            real(journal, epoch)
        raise Killed

    return dying
