"""The application with its pages and one worker, as a process of its own: `python page_server.py DATA PORT [broker]`.

With `broker` its settings name a practice account, and whatever is begun there is only written down in DATA/begun.
"""

import sys
import threading
from pathlib import Path

import uvicorn

from tradewind.api import arming
from tradewind.api.app import create
from tradewind.api.house import house
from tradewind.jobs.pool import keep_workers
from tradewind.live.launch import Launched
from tradewind.settings import BrokerAccount, Settings


def written(data, account, command):
    """What would be begun is written down."""
    (data / "begun").write_text(f"{account}: {' '.join(command)}")
    return Launched(2**22, " ".join(command), 0, alive=True, said="")


def main():
    """Serve until told to stop."""
    data, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(data=data)
    if sys.argv[3:] == ["broker"]:
        broker = BrokerAccount(name="oanda", account="101-004-1234567-001", token_file=data / "token", practice=True)
        settings = Settings(data=data, profile="oanda", broker=broker)
        arming.launch = lambda folder, command, *_: written(data, folder.name, command)
    stop = threading.Event()
    workers = threading.Thread(target=keep_workers, args=(data, 1, stop))
    workers.start()
    try:
        uvicorn.run(create(house(settings), pages=True), host="127.0.0.1", port=port, log_level="warning")
    finally:
        stop.set()
        workers.join(30)


if __name__ == "__main__":
    main()
