"""A connection lost in the middle of a commit: what took place is looked up, and nothing is there twice."""

import psycopg
import pytest
from journal_cases import expected, told, write
from postgres_servers import changed, execute, new_account
from served_journals import expire, opened

from tradewind.adapters.address import Address
from tradewind.adapters.journal import Fenced, JournalFailed
from tradewind.adapters.postgres.lease import PostgresLease
from tradewind.adapters.postgres.session import Patience


@pytest.fixture
def folder(tmp_path):
    """The folder of a new account."""
    return tmp_path / new_account()


@pytest.fixture
def journal(address, folder):
    """A journal with three commits; it gives up on a server after a moment."""
    with opened(address, folder, patience=Patience(outage_s=0.2)) as made:
        write(made, 3)
        yield made


class Lost:
    """Stands for the sending of blocks: loses the request or its answer so many times, then something happens."""

    def __init__(self, journal, kinds, then=lambda: None):
        self.real, self.kinds, self.then, self.sent = journal._stored.insert, list(kinds), then, 0
        journal._stored.insert = self

    def __call__(self, blocks):
        self.sent += 1
        if not self.kinds:
            return self.real(blocks)
        kind = self.kinds.pop(0)
        if kind == "answer":
            self.real(blocks)
        self.then()
        raise psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize(
    ("kinds", "sent"),
    [(["answer"], 1), (["request"], 2), (["request", "answer"], 2), (["request"] * 5, 6)],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_it_is_sent_again_only_where_it_did_not_take_place(journal, kinds, sent):
    lost = Lost(journal, kinds)
    write(journal, 1)

    assert lost.sent == sent
    write(journal, 1)
    assert told(journal) == expected(5)
    assert journal.check() is None
    assert journal._stored.session.returns == len(kinds)


def test_an_answer_lost_twice_is_told_from_another_writer(journal):
    """The first sending arrives late: the second finds its own blocks there and knows them."""
    real, late = journal._stored.insert, []

    def insert(blocks):
        if not late:
            late.append(blocks)
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        if len(late) == 1:
            late.append(blocks)
            real(late[0])  # only now
        real(blocks)

    journal._stored.insert = insert
    write(journal, 1)
    assert told(journal) == expected(4)
    assert journal.check() is None


@pytest.mark.parametrize("kind", ["request", "answer"])
def test_a_server_that_stays_away_ends_the_journal_and_the_next_one_finds_what_took_place(
    journal, address, folder, tmp_path, kind
):
    session = journal._stored.session

    def away():
        session.address = Address("postgresql", "nobody", str(tmp_path), 5432, "nothing")

    Lost(journal, [kind], away)
    with pytest.raises(JournalFailed, match=r"was away for 0\.2 s"):
        write(journal, 1)
    for use in (lambda: journal.commit(1), lambda: journal.read("events")):
        with pytest.raises(JournalFailed, match="Open it anew"):
            use()
    journal.close()

    with opened(address, folder) as again:
        assert told(again) == expected(4 if kind == "answer" else 3)
        assert again.check() is None


def test_a_server_that_comes_back_without_what_was_durable_is_not_believed(journal, address, folder):
    def rolled_back():
        later = "DELETE FROM trading.journal_blocks WHERE account = %(it)s AND commit_number > 2"
        changed(address, later, it=folder.name)

    Lost(journal, ["request"], rolled_back)
    with pytest.raises(JournalFailed, match="came back without commit 3"):
        write(journal, 1)


def test_whoever_is_overtaken_while_the_connection_is_lost_is_fenced(journal, address, folder):
    def overtaken():
        expire(address, folder.name)
        PostgresLease.take(address, folder.name, thread=False).release()

    Lost(journal, ["request"], overtaken)
    with pytest.raises(Fenced):
        write(journal, 1)


def test_a_lost_connection_is_not_noticed_by_whoever_reads(journal, address, folder):
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %(name)s"
    uses = (
        lambda: told(journal) == expected(3),
        lambda: journal.confirm(1) is None,
        lambda: journal.keep_snapshot(b"state") == 3,
        lambda: journal.newest_snapshot() == (3, b"state"),
        lambda: journal.refresh() == 3,
        lambda: journal.last_note("turn").document == {"number": 3},
    )
    for use in uses:
        assert execute(address, ended, name=f"tradewind journal {folder.name}") == [(True,)]
        assert use()
    assert journal._stored.session.returns == len(uses)
    write(journal, 1)
    assert told(journal) == expected(4)


REFUSING = """CREATE FUNCTION pg_temp_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""


def test_a_full_disk_of_the_server_ends_the_journal_with_everything_durable_whole(journal, address, folder):
    trigger = f"""CREATE TRIGGER full_disk BEFORE INSERT ON trading.journal_blocks FOR EACH ROW
    WHEN (NEW.account = '{folder.name}' AND NEW.seq > 7) EXECUTE FUNCTION pg_temp_refuse()"""
    execute(address, REFUSING, trigger)
    try:
        with pytest.raises(JournalFailed, match="No space left on device"):
            write(journal, 2)
        with pytest.raises(JournalFailed, match="Open it anew"):
            journal.commit(1)
    finally:
        execute(address, "DROP TRIGGER full_disk ON trading.journal_blocks", "DROP FUNCTION pg_temp_refuse")
    journal.close()

    with opened(address, folder) as again:
        assert told(again) == expected(3)  # of the fourth commit nothing, though its first block fitted
        assert again.check() is None


def test_every_commit_waits_for_the_disk_of_the_server(journal):
    assert journal._stored.session.once("SHOW synchronous_commit") == [("on",)]
