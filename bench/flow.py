"""Prices through Kafka into the database: what is published a second, how late it is kept, and what is lost or doubled.

    python -m bench.flow [--rate 10000] [--seconds 60] [--symbols 20] [--overload 3]

Starts a Kafka and a PostgreSQL of its own in a temporary folder. The overload lasts a minute at the most, however long
the usual rate is kept up. A price's lateness is from the moment it was due to be published to the moment the
transaction that keeps it was committed. Printed, never asserted but for losses.
"""

import argparse
import signal
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tradewind.adapters.address import read_address
from tradewind.adapters.kafka.messages import Quotes, column
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import QUOTES, make_topics
from tradewind.adapters.postgres.connection import connect
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened
from tradewind.services.life import Life
from tradewind.services.recorder import recorder
from tradewind.stack.kafka import start_kafka
from tradewind.stack.postgres import start_postgres
from tradewind.stack.processes import free_ports, stop

GATHER_S = 0.01


def main() -> None:
    """The table is printed."""
    words = argparse.ArgumentParser()
    for name, usual in (("rate", 10_000), ("seconds", 60), ("symbols", 20), ("overload", 3)):
        words.add_argument(f"--{name}", type=int, default=usual)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="tradewind-flow-") as name:
        folder = Path(name)
        servers, address, ending = _servers(folder)
        try:
            table = Table("what", "published", "kept", "lost", "doubled", "p50 ms", "p99 ms", "caught up after s")
            for label, times, most in (("usual", 1, given.seconds), (f"{given.overload}x", given.overload, 60)):
                asked = (times * given.rate, min(given.seconds, most), given.symbols)
                table.add_row(label, *_flow(folder, servers, address, asked))
            Console().print(table)
        finally:
            for running in ending:
                stop(running, first=signal.SIGKILL)


def _servers(folder):
    """Return Kafka's address, the database's, and what has to be stopped."""
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    for scheme in ("postgresql", "timescale"):
        path = secrets / f"{scheme}-tradewind"
        path.touch(0o600)
        path.write_text("a-password-of-a-bench")
    kafka = start_kafka(folder / "kafka", *free_ports(2))
    database = start_postgres(folder / "postgres", *free_ports(1), secrets / "postgresql-tradewind")
    make_topics(kafka.address)
    address = read_address(f"timescale://tradewind@{database.address}/postgres", secrets)
    with opened(address) as connection:
        migrate("market", connection)
    return kafka.address, address, (database, kafka)


def _flow(folder, servers, address, asked):
    """Return the figures of one run."""
    rate, seconds, symbols = asked
    life = Life("recorder", folder)
    recording = threading.Thread(target=recorder(servers, address, None), args=(life,))
    watching = connect(address)
    watching.autocommit = True
    before = watching.execute("SELECT count(*) FROM market.quotes").fetchone()[0]
    recording.start()
    lateness, seen = [], threading.Event()
    watcher = threading.Thread(target=_watch, args=(address, lateness, seen))
    watcher.start()
    published = _publish(servers, rate, seconds, symbols)
    ended = time.monotonic()
    kept = 0
    while kept < published and time.monotonic() - ended < 300:
        time.sleep(0.5)
        kept = watching.execute("SELECT count(*) FROM market.quotes").fetchone()[0] - before
    caught_up = time.monotonic() - ended
    seen.set()
    watcher.join()
    life.stop.set()
    recording.join()
    late = np.array(lateness) / 1e6
    return tuple(
        f"{one:,.0f}" if isinstance(one, int | float) else str(one)
        for one in (published, kept, published - min(kept, published), max(0, kept - published),
                    np.percentile(late, 50), np.percentile(late, 99), caught_up)
    )  # fmt: skip


def _publish(servers, rate, seconds, symbols):
    """Return how many prices were published, at this rate, each with the moment it was due as its time."""
    publisher, epoch = Publisher(servers), time.time_ns()
    sequences, told = [0] * symbols, 0
    began = time.time_ns()
    each = max(1, round(rate * GATHER_S))
    for step in range(round(seconds / GATHER_S)):
        due = began + round(step * GATHER_S * 1e9)
        if (early := due - time.time_ns()) > 0:
            time.sleep(early / 1e9)
        counts = [each // symbols + (number < each % symbols) for number in range(symbols)]
        for number, count in enumerate(counts):
            if not count:
                continue
            sequences[number] += 1
            ts = due + np.arange(count)
            publisher.publish(QUOTES, f"S{number}", Quotes(
                feed="bench", epoch=epoch, sequence=sequences[number], symbol=f"S{number}", tick="0.01", received=due,
                ts=column(ts), bid=column(np.full(count, 100)), ask=column(np.full(count, 101))))  # fmt: skip
            told += count
    publisher.flush()
    return told


def _watch(address, lateness, seen):
    """How late the newest price kept of one instrument is, ten times a second: what anybody who looks would see."""
    query = """SELECT max(ts_ns) FROM market.quotes
    WHERE quoted = (SELECT min(id) FROM market.quoted) AND ts_ns > %s"""
    with connect(address) as connection:
        connection.autocommit = True
        while not seen.wait(0.1):
            newest = connection.execute(query, (time.time_ns() - 120_000_000_000,)).fetchone()[0]
            if newest is not None:
                lateness.append(time.time_ns() - newest)


if __name__ == "__main__":
    main()
