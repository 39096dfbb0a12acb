"""What only a database can do: be compressed, be old, be new, be wrong, and die."""

import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts"))

from history_stores import DATABASES, database, emptied, programs, read_address, server

from tradewind.adapters.histories import history_at
from tradewind.adapters.parquet import History as ParquetHistory
from tradewind.adapters.postgres.connection import DatabaseRefused, DatabaseUnreachable, connect, translated
from tradewind.adapters.timescale import storing
from tradewind.adapters.timescale.history import History
from tradewind.databases.migrating import migrate, newest, version_of
from tradewind.databases.opening import opened
from tradewind.errors import BadSettings, TradewindError

from data_cases import PROVENANCE, bars, ns, series_of, ticks_at  # isort: skip - its folder is known by now

BIDS, TICKS = series_of(), series_of(seconds=0)
ALL = (-(2**62), 2**62)
ROWS = bars("2025-01-01T00:00", 24 * 80, 3600)


@pytest.fixture(scope="module", params=DATABASES)
def place(request):
    with database(request.param) as address:
        yield address


@pytest.fixture
def history(place):
    store = History(emptied(place))
    yield store
    store.close()


def is_timescale(address):
    with connect(address) as connection:
        return bool(connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'").fetchone()[0])


def compresses(address):
    """Whether it is TimescaleDB with the part that is under the Timescale License."""
    with connect(address) as connection:
        return connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()[0] == "timescale"


def compressed(address):
    """Every chunk is compressed; return how many that are."""
    with connect(address) as connection:
        connection.autocommit = True
        chunks = connection.execute("SELECT show_chunks(t) FROM unnest('{market.bars,market.ticks}'::regclass[]) t")
        return len([connection.execute("SELECT compress_chunk(%s)", chunk) for chunk in chunks.fetchall()])


def compressed_already(address):
    """Return how many chunks of ticks are compressed."""
    with connect(address) as connection:
        asked = "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'ticks' AND is_compressed"
        return connection.execute(asked).fetchone()[0]


def test_which_engine_keeps_the_data_is_told(history, place):
    words = "TimescaleDB " if is_timescale(place) else "without TimescaleDB, in monthly partitions"
    assert words in history.place
    assert str(place) in history.place


def test_late_and_corrected_rows_arrive_in_compressed_chunks(place, history, tmp_path):
    files = ParquetHistory(tmp_path)
    moments = [ns("2025-01-10") + place * 1_000_000_000 for place in range(200_000)]
    first, late = ROWS.filter(pl.col("ts").dt.hour() != 7), ROWS.with_columns(close=pl.col("close") + 0.5)
    deliveries = [
        (BIDS, first), (TICKS, ticks_at(moments)), (BIDS, ROWS), (BIDS, late[100:200]),
        (TICKS, ticks_at(moments[50:190_000:3], start=120.0)), (TICKS, ticks_at([moments[-1], moments[-1] + 5])),
    ]  # fmt: skip
    for series, rows in deliveries:
        outcomes = [store.write(series, rows, PROVENANCE) for store in (files, history)]
        assert outcomes[0] == outcomes[1]
        assert not compresses(place) or compressed(place) > 0

    for series in (BIDS, TICKS):
        assert history.digest(series) == files.digest(series)
        assert [info.rows for info in history.find("XAUUSD")] == [info.rows for info in files.find("XAUUSD")]
    history.remove(TICKS)
    assert [info.series for info in history.series()] == [BIDS]


def test_the_tables_go_down_and_up_again_with_rows_in_them(place, history):
    history.write(BIDS, ROWS, PROVENANCE)
    history.write(TICKS, ticks_at([ns("2025-01-10")]), PROVENANCE)
    history.close()
    with opened(place) as migrating:
        for step in ("m002", "head", "base", "head"):
            migrate("market", migrating, step)
            if step == "m002":
                assert History(place).digest(BIDS)
        assert version_of("market", migrating) == newest("market")
    assert history.series() == []
    assert history.write(BIDS, ROWS, PROVENANCE).new == ROWS.height


def test_a_history_without_tables_says_what_to_do(place):
    with opened(place) as migrating:
        migrate("market", migrating, "base")
        try:
            for ask in (History(place).series, lambda: History(place).write(BIDS, ROWS, PROVENANCE)):
                with pytest.raises(DatabaseRefused, match="tradewind db migrate"):
                    ask()
            with pytest.raises(TradewindError, match=r"holds no market data.*tradewind db migrate"):
                History(place).place  # noqa: B018 - to ask is the test
        finally:
            migrate("market", migrating)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("parqet", "Did you mean 'parquet'"),
        ("redis://127.0.0.1", "A server of redis keeps no market data"),
        ("timescale://me:hunter2@127.0.0.1/x", "A password stands in the address"),
        ("timescal://127.0.0.1/x", "Did you mean 'timescale'"),
    ],
)
def test_a_setting_that_means_no_store_is_refused(setting, words, tmp_path):
    with pytest.raises(BadSettings, match=words) as caught:
        history_at(setting, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_server_or_database_that_is_not_there_is_told(place, tmp_path):
    with pytest.raises(DatabaseUnreachable, match="Is the server running"):
        history_at("timescale://me@127.0.0.1:1/market", tmp_path).series()
    with pytest.raises(DatabaseRefused, match="does not exist"):
        History(place._replace(database="elsewhere")).series()


def test_a_server_without_room_is_told_from_one_that_is_gone(place):
    with connect(place) as connection:
        connection.execute("SET temp_file_limit = '64kB'")
        connection.execute("SET work_mem = '64kB'")
        with (
            pytest.raises(DatabaseRefused, match=r"temporary file size exceeds .* Give the server more room"),
            translated("Could not sort"),
        ):
            connection.execute("SELECT n FROM generate_series(1, 100000) n ORDER BY -n").fetchone()


def test_ticks_that_did_not_all_arrive_are_not_kept(history, place, monkeypatch):
    if not compresses(place):
        return
    many = ticks_at([ns("2025-01-10") + second * 1_000_000_000 for second in range(60_000)])
    history.write(TICKS, many, PROVENANCE)
    assert compressed_already(place) > 0
    whole = storing.copy
    monkeypatch.setattr(
        storing, "copy", lambda connection, table, number, rows: whole(connection, table, number, rows[1:])
    )
    with pytest.raises(TradewindError, match="Of 60000 ticks 59999 arrived"):
        history.write(TICKS, many.with_columns(bid=pl.col("bid") + 1), PROVENANCE)
    assert pl.concat(history.ticks(TICKS, *ALL)).select(many.columns).equals(many)


def test_prices_that_are_none_are_refused_and_nothing_is_stored(history):
    for bad in (None, float("nan")):
        broken = ROWS.with_columns(close=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit(bad)).otherwise("close"))
        with pytest.raises(TradewindError, match="close is not always a number"):
            history.write(BIDS, broken, PROVENANCE)
    assert history.series() == []


def test_a_connection_that_is_cut_mid_delivery_leaves_what_was_there(history, place):
    history.write(BIDS, ROWS[:10], PROVENANCE)
    before = history.digest(BIDS)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS[:1500])
        with connect(place) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'tradewind history'"
            )
        with pytest.raises(TradewindError, match="what was stored before is intact"):
            delivery.commit(PROVENANCE)

    assert history.digest(BIDS) == before
    assert history.write(BIDS, ROWS, PROVENANCE).new == ROWS.height - 10


def test_a_server_killed_at_any_moment_has_the_old_rows_or_the_new():
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with TemporaryDirectory(prefix="tw") as name:
        folder = Path(name) / "postgres"
        address = read_address(f"timescale://tradewind@:5432/postgres?host={folder}")
        with server(folder):
            with opened(address) as migrating:
                migrate("market", migrating)
            history = History(address)
            versions = [ROWS.with_columns(volume=pl.lit(float(number))) for number in range(2)]
            history.write(BIDS, versions[0], PROVENANCE)
            for turn in range(4):
                wanted = versions[(turn + 1) % 2]
                dead = threading.Timer(0.01 + 0.02 * turn, killed, [folder])
                dead.start()
                told = None
                try:
                    for _ in range(100):
                        history.write(BIDS, wanted, PROVENANCE)
                        history.write(BIDS, versions[turn % 2], PROVENANCE)
                except TradewindError as error:
                    told = error
                dead.join()
                started(folder)
                assert told is not None
                volumes = pl.concat(history.bars(BIDS, *ALL))["volume"].unique().to_list()
                assert volumes in ([0.0], [1.0])
                history.write(BIDS, wanted, PROVENANCE)
                assert pl.concat(history.bars(BIDS, *ALL)).select(ROWS.columns).equals(wanted)
            history.close()


def killed(folder):
    """The server is gone without a word, with all its processes."""
    subprocess.run(["/bin/kill", "-9", (folder / "data" / "postmaster.pid").read_text().split()[0]], check=True)


def started(folder):
    """The server runs again, and has repaired itself."""
    words = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    command = [programs() / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", words, "start"]
    for _ in range(20):
        if subprocess.run(command, check=False, capture_output=True, cwd=folder, **as_owner(folder)).returncode == 0:
            return
    raise AssertionError((folder / "log").read_text()[-2000:])


def as_owner(folder):
    owner = (folder / "data").stat()
    return {"user": owner.st_uid, "group": owner.st_gid}
