"""A data folder whose ports lead to real servers, and services that run in threads of the test."""

import contextlib
import threading
import time
import uuid

from kafka_world import database, servers
from real_servers import folder, postgres

from tradewind.adapters.address import read_address
from tradewind.services.life import Life, serve
from tradewind.services.running import works
from tradewind.settings import Ports, Settings

LIMIT_S = 120.0


def address(scheme="postgresql"):
    """Return the address of the test's database, of both trees."""
    return read_address(postgres().replace("postgresql://", f"{scheme}://"), folder() / "secrets")


def settings(data, **more):
    """Return settings whose ports are servers, with the tables and topics there."""
    database().close()
    secrets = folder() / "secrets"
    (secrets / "timescale-tradewind").write_bytes((secrets / "postgresql-tradewind").read_bytes())
    (secrets / "timescale-tradewind").chmod(0o600)
    trading = str(address())
    ports = Ports(journal=trading, runs=trading, history=trading.replace("postgresql:", "timescale:"),
                  feed=f"kafka://{servers()}", secrets=secrets)  # fmt: skip
    return Settings(data=data, ports=ports, **more)


@contextlib.contextmanager
def running(wanted, *names, symbols=()):
    """Run services in threads; what ends one of them is raised."""
    stop, failed = threading.Event(), []
    known = works(wanted, symbols)

    def live(life):
        try:
            serve(life, known[life.name], lambda _line: None)
        except BaseException as error:  # noqa: BLE001 - raised where the test is
            failed.append(error)

    lives = {name: Life(name, wanted.data, stop) for name in names}
    threads = [threading.Thread(target=live, args=(life,)) for life in lives.values()]
    for thread in threads:
        thread.start()
    try:
        yield lives
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert failed == []


def until(condition, seconds=LIMIT_S):
    """Return what the condition gives once it is true."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, "it did not come to that in time"
        time.sleep(0.1)
    return found


def count(query, *values):
    """Return the one number of a query."""
    with database() as connection:
        return connection.execute(query, values).fetchone()[0]


def name():
    """Return a name nobody has."""
    return f"t{uuid.uuid4().hex[:10]}"
