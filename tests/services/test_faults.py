"""Servers and services killed at random while prices flow: nothing is lost or doubled, and all is well again soon."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import stacked
from real_servers import begun, secret

from tradewind.adapters.address import read_address
from tradewind.adapters.kafka.messages import Quotes, column
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import QUOTES, TopicsUnreachable, make_topics
from tradewind.adapters.postgres.connection import connect
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened
from tradewind.errors import TradewindError
from tradewind.stack.kafka import start_kafka
from tradewind.stack.postgres import start_postgres
from tradewind.stack.processes import free_ports, stop

SYMBOLS = 4
PRICES = 20
"""Of a message."""


class Stage:
    """Kafka, PostgreSQL and a recorder as processes, and a publisher of numbered prices."""

    def __init__(self, folder, seed):
        """All of it runs."""
        self.folder, self.chance, self.ports = folder, random.Random(seed), free_ports(3)
        self.secrets = folder / "secrets"
        self.secrets.mkdir(mode=0o700)
        for scheme in ("postgresql", "timescale"):
            (self.secrets / f"{scheme}-tradewind").touch(0o600)
            (self.secrets / f"{scheme}-tradewind").write_text(secret("postgresql-tradewind").read_text())
        self.running = {"kafka": self.start_kafka(), "postgres": self.start_postgres()}
        servers = self.running["kafka"].address
        make_topics(servers)
        self.address = read_address(f"timescale://tradewind@127.0.0.1:{self.ports[2]}/postgres", self.secrets)
        with opened(self.address) as connection:
            migrate("market", connection)
        (folder / "tradewind.toml").write_text(
            f'data = "{folder}"\n[ports]\nhistory = "{self.address}"\n'
            f'feed = "kafka://{servers}"\nsecrets = "{self.secrets}"\n'
        )
        self.recorder = self.start_recorder()
        self.stopped = threading.Event()
        self.publisher = Publisher(servers, delivery_s=600)
        self.told = 0
        self.thread = threading.Thread(target=self.publish)
        self.thread.start()

    def start_kafka(self):
        """Return the server; the same folder each time."""
        return begun(start_kafka, self.folder / "kafka", *self.ports[:2])

    def start_postgres(self):
        """Return the server; what it committed survives, as fsync is on."""
        return begun(start_postgres, self.folder / "postgres", self.ports[2], self.secrets / "postgresql-tradewind")

    def start_recorder(self):
        """Return the recorder's process."""
        command = [
            sys.executable,
            "-m",
            "tradewind.cli",
            "run",
            "recorder",
            "--settings",
            self.folder / "tradewind.toml",
        ]
        with (self.folder / "recorder.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def publish(self):
        """Messages flow until told to stop; none is given up."""
        sequence, epoch = 0, time.time_ns()
        while not self.stopped.wait(0.02):
            sequence += 1
            for number in range(SYMBOLS):
                ts = np.full(PRICES, time.time_ns()) + np.arange(PRICES)
                told = Quotes(feed="faults", epoch=epoch, sequence=sequence, symbol=f"F{number}", tick="1", received=0,
                              ts=column(ts), bid=column(ts * 0 + 1), ask=column(ts * 0 + 2))  # fmt: skip
                self.publisher.publish(QUOTES, f"F{number}", told)
                self.told += PRICES

    def kill(self):
        """One of the three is killed without a word, and begun again a little later."""
        name = self.chance.choice(["kafka", "postgres", "recorder"])
        if name == "recorder":
            os.kill(self.recorder.pid, signal.SIGKILL)
            self.recorder.wait(10)
        else:
            stop(self.running[name], first=signal.SIGKILL)
        time.sleep(self.chance.uniform(0.0, 2.0))
        if name == "recorder":
            self.recorder = self.start_recorder()
        else:
            self.running[name] = self.start_kafka() if name == "kafka" else self.start_postgres()
        return name

    def kept(self):
        """Return how many prices are in the table; None while the database is away."""
        try:
            with connect(self.address) as connection:
                return connection.execute("SELECT count(*) FROM market.quotes").fetchone()[0]
        except TradewindError:
            return None

    def well_within(self):
        """Return the seconds until prices that were published after now are kept."""
        began = time.monotonic()
        wanted = self.told
        stacked.until(lambda: (self.kept() or 0) >= wanted, 180)
        return time.monotonic() - began

    def end(self):
        """Everything published is acknowledged and kept; return how many of both, and then nothing runs."""
        self.stopped.set()
        self.thread.join(60)
        try:
            self.publisher.flush(120)
            stacked.until(lambda: (self.kept() or 0) >= self.told, 180)
            return self.told, self.kept()
        except TopicsUnreachable as error:
            raise AssertionError(str(error)) from error
        finally:
            self.recorder.kill()
            self.recorder.wait(10)
            for running in self.running.values():
                stop(running, first=signal.SIGKILL)


def suffered(folder, faults, seed):
    """So many faults struck and nothing was lost or doubled; what they cost is printed."""
    stage, seconds = Stage(folder, seed), []
    try:
        stage.well_within()
        for _ in range(faults):
            stage.kill()
            seconds.append(stage.well_within())
    finally:
        told, kept = stage.end()
    print(
        f"{faults} faults, {told} prices: well again after {np.percentile(seconds, [50, 99, 100]).round(1).tolist()} s"
    )
    assert told == kept > 0


@pytest.mark.soak
def test_three_kills_lose_and_double_nothing(tmp_path_factory):
    """A server or the recorder, at random."""
    suffered(tmp_path_factory.mktemp("faults"), 3, 5)


@pytest.mark.soak
def test_two_hundred_kills_in_an_hour_lose_and_double_nothing(tmp_path_factory):
    """T4 of the target figures, without the trader, whose kills are drills of their own."""
    suffered(tmp_path_factory.mktemp("faults"), 200, 6)
