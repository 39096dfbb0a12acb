"""The API with its pages as a service: it listens, works off jobs, and ends softly when it is told to."""

import getpass
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from tradewind.adapters.entrance import audit, users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.adapters.file_lock import LockHeld
from tradewind.api.app import create
from tradewind.api.house import House, for_jobs, house
from tradewind.errors import BadSettings, TradewindError
from tradewind.jobs.pool import keep_workers
from tradewind.live.launch import as_toml
from tradewind.services.life import Life, Work, serve, told_to_stop
from tradewind.services.listening import address, bound, check, files, names
from tradewind.settings import Api, Settings
from tradewind.watchdog.beats import write_whole

Say = Callable[[str], Any]
FIRST = "admin"
LARGEST_MESSAGE = 1_048_576
"""Bytes of a message by WebSocket."""
SOFTLY_S = 5
"""What is being answered is finished, but no longer than this."""
LOOK_S = 0.25
AGAIN_S = 5.0
"""Jobs that another process works off are looked at again so often."""


def run(settings: Settings, say: Say, *, aloud: bool = False) -> None:
    """The API answered until told to stop; raises BadSettings where it cannot listen as it should.

    `aloud`: what it says is read by a person now and kept by nobody, so the first password may be told.
    """
    check(settings.api)
    stop = threading.Event()
    with bound(settings.api) as place, told_to_stop(stop):
        serve(Life("api", Path(settings.data), stop), lambda life: listen(life, settings, place, say, aloud=aloud), say)


def beside(settings: Settings, say: Say, *, aloud: bool) -> Work:
    """Return the API as one service among others: where somebody else has its port they go on, and it tries again."""
    check(settings.api)

    def work(life: Life) -> None:
        try:
            place = bound(settings.api)
        except BadSettings as error:
            raise TradewindError(error.message, error.hint) from None
        with place:
            listen(life, settings, place, say, aloud=aloud)

    return work


def listen(life: Life, settings: Settings, place: socket.socket, say: Say, *, aloud: bool) -> None:
    """The API answered at a place, and jobs were worked off, until the service was told to stop."""
    home = house(settings)
    greet(home, say, aloud=aloud)
    app = create(home, hosts=names(settings.api), docs=settings.api.docs, pages=settings.api.pages)
    server = uvicorn.Server(_config(app, settings.api))
    # In a thread of its own, uvicorn leaves the signals to us.
    answering = threading.Thread(target=server.run, kwargs={"sockets": [place]}, name="api")
    working = threading.Thread(target=_work_off, args=(life, settings, say), name="jobs")
    answering.start()
    if settings.api.workers:
        working.start()
    try:
        _watch(life, server, answering, lambda: say(f"Tradewind is at {address(settings.api)} - Ctrl-C ends it."))
    finally:
        life.stop.set()
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


def _work_off(life: Life, settings: Settings, say: Say) -> None:
    """Jobs are worked off by these very settings; where another process does that, until it ends."""
    settings_file = Path(settings.data).resolve() / "jobs.toml"
    write_whole(settings_file, as_toml(for_jobs(settings)).encode())
    told = False
    while not life.stopped:
        try:
            keep_workers(Path(settings.data), settings.api.workers, life.stop, settings_file)
        except LockHeld as error:
            if not told:
                say(f"{error} This process takes over when that one ends.")
            told = True
            life.stop.wait(AGAIN_S)


def greet(home: House, say: Say, *, aloud: bool) -> None:
    """There is a user: where there was none, one who may do everything, whose password is told this once.

    Where what is said goes into a log it is said instead how to make one.
    """
    if users.users(home.entrance):
        return
    if not aloud:
        say(f"There is no user yet. Make one: tradewind users add {FIRST}")
        return
    password, now = users.new_password(), time.time_ns()
    users.add_user(home.entrance, FIRST, password, SCOPES, now, once=True)
    audit.note(home.entrance, (now, f"shell/{getpass.getuser()}", "add user", "done"), {"name": FIRST, "first": True})
    say(f"There was no user. Log in as {FIRST} with this password, which is told once and good for one log-in:")
    say(f"  {password}")
