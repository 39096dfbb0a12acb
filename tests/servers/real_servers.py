"""Real servers for tests, begun once a process and ended with it; where one is missing tests are skipped, or fail."""

import atexit
import os
import signal
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tradewind.errors import TradewindError
from tradewind.stack.kafka import start_kafka
from tradewind.stack.postgres import start_postgres
from tradewind.stack.processes import free_ports, stop
from tradewind.stack.redis import start_redis


@cache
def folder():
    """Return a folder that is gone with the process."""
    kept = tempfile.TemporaryDirectory(prefix="tradewind-servers-")
    atexit.register(kept.cleanup)
    return Path(kept.name)


def secret(name, text="a-secret-of-tests"):
    """Return a file with a password."""
    path = folder() / "secrets" / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.touch(0o600)
    path.write_text(text)
    return path


def begun(start, *arguments, **options):
    """Return a server that ends with this process; skip, or fail where services are required, if it cannot be had."""
    try:
        running = start(*arguments, **options)
    except TradewindError as error:
        if os.environ.get("TRADEWIND_REQUIRE_SERVICES"):
            raise
        pytest.skip(str(error))
    atexit.register(stop, running, first=signal.SIGKILL)
    return running


@cache
def kafka():
    """Return the address of a Kafka server."""
    return begun(start_kafka, folder() / "kafka", *free_ports(2)).address


@cache
def postgres():
    """Return the address of a cluster, as the settings write it; its password lies in `folder() / "secrets"`."""
    password = secret("postgresql-tradewind")
    running = begun(start_postgres, folder() / "postgres", *free_ports(1), password, durable=False)
    return f"postgresql://tradewind@{running.address}/postgres"


@cache
def redis():
    """Return the address of a Redis server."""
    running = begun(start_redis, folder() / "redis", *free_ports(1), secret("redis"))
    return f"redis://{running.address}/0"
