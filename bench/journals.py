"""How long a durable commit takes in a file and on a server: `python -m bench.journals postgresql://user@host/database`.

The same commits to both in turn, each a price, a command and a note as a desk makes them, so that both meet the same
disk in the same minutes. The database has to have its tables (`tradewind db migrate`); an account is made for it.
"""

import argparse
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from tradewind.adapters.address import read_address
from tradewind.adapters.journal import ChainedJournal, SqliteJournal
from tradewind.adapters.memory import DTYPES
from tradewind.adapters.postgres.journal import PostgresJournal


def timed(journal: ChainedJournal, number: int) -> float:
    """Return the seconds that one commit took."""
    journal.append("events", np.zeros(4, DTYPES["events"]))
    journal.append("commands", np.zeros(1, DTYPES["commands"]))
    journal.note("bench", {"number": number})
    begun = time.perf_counter()
    journal.commit(1)
    return time.perf_counter() - begun


def told(name: str, seconds: list[float]) -> str:
    """Return a line of a table."""
    p50, p99, most = (1000 * float(value) for value in np.quantile(seconds, (0.5, 0.99, 1.0)))
    rate = len(seconds) / sum(seconds)
    return f"{name:<12}{p50:>10.2f}{p99:>10.2f}{most:>10.2f}{rate:>12,.0f}"


def main() -> None:
    """Both are measured and told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--commits", type=int, default=2_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        address, account = read_address(given.address), f"bench-{uuid.uuid4().hex[:8]}"
        with (
            SqliteJournal.open(root / "journal.sqlite", DTYPES) as in_file,
            PostgresJournal.open(address, root / account, DTYPES) as on_server,
        ):
            seconds: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
            for number in range(given.commits):
                seconds["SQLite"].append(timed(in_file, number))
                seconds["PostgreSQL"].append(timed(on_server, number))
            if in_file.digest() != on_server.digest():
                raise SystemExit("the journals differ")
    print(f"{'commit':<12}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'a second':>12}")
    for name, values in seconds.items():
        print(told(name, values[len(values) // 10 :]))


if __name__ == "__main__":
    main()
