"""The pages and one worker as a process of its own: `python page_server.py DATA PORT [SETTINGS]`."""

import sys
import threading
from pathlib import Path

import uvicorn

from tradewind.api.app import create
from tradewind.api.house import house
from tradewind.jobs.pool import keep_workers
from tradewind.settings import Settings, load_settings


def main():
    """Serve until told to stop."""
    data, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = load_settings(Path(sys.argv[3])) if sys.argv[3:] else Settings()
    settings = settings.model_copy(update={"data": data})
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
