"""The application with its pages and one worker, as a process of its own: `python page_server.py DATA PORT`."""

import sys
import threading
from pathlib import Path

import uvicorn

from tradewind.api.app import create
from tradewind.api.house import house
from tradewind.jobs.pool import keep_workers
from tradewind.settings import Settings


def main():
    """Serve until told to stop."""
    data, port = Path(sys.argv[1]), int(sys.argv[2])
    stop = threading.Event()
    workers = threading.Thread(target=keep_workers, args=(data, 1, stop))
    workers.start()
    try:
        uvicorn.run(create(house(Settings(data=data)), pages=True), host="127.0.0.1", port=port, log_level="warning")
    finally:
        stop.set()
        workers.join(30)


if __name__ == "__main__":
    main()
