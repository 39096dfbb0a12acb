"""The API with its pages as a service: it listens, works off jobs, and ends softly when it is told to."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from tradewind.adapters.entrance import first, users
from tradewind.adapters.file_lock import LockHeld
from tradewind.api.app import create
from tradewind.api.house import House, house
from tradewind.errors import BadSettings, TradewindError
from tradewind.jobs.pool import keep_workers
from tradewind.logs.log import open_log
from tradewind.services.api_figures import ApiFigures
from tradewind.services.doors import open_doors
from tradewind.services.least_rights import as_user, jobs_settings
from tradewind.services.life import Life, Work, serve, told_to_stop
from tradewind.services.listening import address, bound, check, files, names, peers
from tradewind.settings import Api, Settings

Say = Callable[[str], Any]
USER = "api"
"""At the databases."""
log = logging.getLogger("tradewind.api")
LARGEST_MESSAGE = 1_048_576
"""Bytes of a message by WebSocket."""
SOFTLY_S = 5
"""What is being answered is finished, but no longer than this."""
LOOK_S = 0.25
AGAIN_S = 5.0
"""Jobs that another process works off are looked at again so often."""


def run(settings: Settings, say: Say, *, watched: bool = False) -> None:
    """The API answered until told to stop; raises BadSettings where it cannot listen as it should.

    `watched` says that what it says is read by a person and kept in no log.
    """
    check(settings.api)
    bound(settings.api).close()
    stop = threading.Event()
    with told_to_stop(stop), open_log(settings, "api", say) as kept:
        life = Life("api", Path(settings.data), stop)
        life.log = kept
        with open_doors([life], settings, say):
            serve(life, lambda one: listen(one, settings, bound(settings.api), say, watched=watched), say)


def beside(settings: Settings, say: Say, *, watched: bool) -> Work:
    """Return the API as one of several services, whom it never ends: what it meets is said, and it begins again.

    Raises BadSettings where it may not listen as the settings say, whatever happens.
    """
    check(settings.api)

    def work(life: Life) -> None:
        try:
            listen(life, settings, bound(settings.api), say, watched=watched)
        except BadSettings as error:
            raise TradewindError(error.message, error.hint) from error
        except TradewindError:
            raise
        except Exception as error:
            log.exception("The API broke off.")
            raise TradewindError(f"The API broke off: {type(error).__name__}: {error}.") from error

    return work


def listen(life: Life, settings: Settings, place: socket.socket, say: Say, *, watched: bool = False) -> None:
    """The API answered at a place, and jobs were worked off, until the service was told to stop."""
    with place:
        home = house(as_user(settings, USER), begins=settings)
        greet(home, say, watched=watched)
        wanted = settings.api
        app = create(home, hosts=names(wanted), peers=peers(wanted), docs=wanted.docs, pages=wanted.pages)
        figures = ApiFigures(life.told, home, wanted)
        figures.hub = app.state.stream
        app.edge["answered"] = figures.answered
        life.asked[:] = [figures.refresh]
        _answer(life, uvicorn.Server(_config(app, wanted)), settings, place, say)


def _answer(life: Life, server: uvicorn.Server, settings: Settings, place: socket.socket, say: Say) -> None:
    """The server answered, and jobs were worked off; both have ended."""
    over = threading.Event()
    # In a thread of its own, uvicorn leaves the signals to us.
    answering = threading.Thread(target=server.run, kwargs={"sockets": [place]}, name="api")
    working = threading.Thread(target=_work_off, args=(over, settings, say), name="jobs")
    answering.start()
    if settings.api.workers:
        working.start()
    try:
        _watch(life, server, answering, lambda: say(f"Tradewind is at {address(settings.api)} - Ctrl-C ends it."))
    finally:
        over.set()
        server.should_exit = True
        answering.join(SOFTLY_S + 5)
        if settings.api.workers:
            working.join()


def _config(app: Any, wanted: Api) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False,
        proxy_headers=False,  # who asks is who connected: nobody tells us another address
        ws="websockets-sansio", ws_max_size=LARGEST_MESSAGE, ws_per_message_deflate=False,
        timeout_graceful_shutdown=SOFTLY_S, **files(wanted),
    )  # fmt: skip


def _watch(life: Life, server: uvicorn.Server, answering: threading.Thread, ready: Callable[[], Any]) -> None:
    told = False
    while answering.is_alive() and not life.stopped:
        if server.started and not told:
            told = True
            life.working()
            ready()
        life.turn()
        life.stop.wait(LOOK_S)
    if not life.stopped:
        raise TradewindError("The API ended by itself.", "What it wrote above says why.")


def _work_off(over: threading.Event, settings: Settings, say: Say) -> None:
    """Jobs are worked off; where another process does that, until it ends."""
    told = False
    while not over.is_set():
        try:
            keep_workers(Path(settings.data), settings.api.workers, over, jobs_settings(settings))
        except LockHeld as error:
            if not told:
                say(f"{error} This process takes over when that one ends.")
            told = True
            over.wait(AGAIN_S)


def greet(home: House, say: Say, *, watched: bool) -> None:
    """Whoever begins knows how to come in: a first user is made and told where a person reads it, else how to make one.

    A service's words stay in a log, where a password would be read by whoever reads the log.
    """
    if users.users(home.entrance):
        return
    if not watched:
        say(f"There is no user yet, so nobody can log in. In a shell: {first.HOW}")
        return
    for line in first.make(home.entrance, time.time_ns()):
        say(line)
