"""One process's log: `open_log` begins it, `said` takes sentences for people, `note` takes events with their fields.

structlog binds fields, filters by level and renders; masking is the last processor before the text. What libraries
write through `logging` comes to the same file.
"""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import structlog

from tradewind.errors import TradewindError, nearest
from tradewind.logs.flood import Flood
from tradewind.logs.masking import Masks
from tradewind.logs.sink import Cap, Sink
from tradewind.logs.vocabulary import EVENTS, PLACES
from tradewind.settings import Settings

Level = Literal["debug", "info", "warning", "error", "critical"]
NUMBERS: dict[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


class Log(NamedTuple):
    """A log with the fields every line of it has."""

    lines: Any
    sink: Sink | None
    masks: Masks
    flood: Flood
    aloud: Callable[[str], Any] = lambda _text: None
    """Says a sentence to whoever watches."""

    def note(self, event: str, text: str = "", level: Level = "info", **fields: Any) -> None:
        """The event is written, unless there were too many of it; a field that is None is left out."""
        if not self.flood.passes(event):
            return
        if held := self.flood.summed(event):
            self.lines.warning("lines_summed", reason_code=event, count=held)
        told = {name: value for name, value in fields.items() if value is not None}
        # A line that cannot be made is not worth an order; a test holds every call to the vocabulary.
        with contextlib.suppress(TradewindError, ValueError, TypeError):
            getattr(self.lines, level)(event, **({"text": text} if text else {}), **told)

    def said(self, text: str) -> None:
        """A sentence was said to whoever watches, and is written down."""
        self.aloud(text)
        self.note("said", text.strip())

    def bound(self, **fields: Any) -> "Log":
        """Return a log whose lines have these fields too."""
        return self._replace(lines=self.lines.bind(**fields))


class _Quiet:
    """Takes everything and writes nothing."""

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        return lambda *_given, **_named: self


QUIET = Log(_Quiet(), None, Masks(), Flood())
"""Where nobody keeps a log: tests, and runs that end by themselves."""


@contextlib.contextmanager
def open_log(
    settings: Settings, component: str, say: Callable[[str], Any], *, account: str = "", mode: str = ""
) -> Iterator[Log]:
    """Give the log of a process in `<data>/logs/<component>[-<account>].log`; it is closed afterwards.

    A disk that lets no log be opened costs the log and nothing else; that is said on stderr.
    """
    name = f"{component}-{account}" if account else component
    masks = masks_of(settings)
    try:
        sink = Sink(Path(settings.data) / "logs" / f"{name}.log", Cap(settings.logs.bytes, settings.logs.pieces))
    except OSError as error:
        sys.stderr.write(f"tradewind: no log is kept: {error.filename}: {error.strerror}.\n")
        yield QUIET._replace(aloud=say)
        return
    fields = {"component": component, "account_alias": account, "mode": mode, "pid": os.getpid()}
    log = Log(
        lines_of(sink.put, masks, settings.logs.level).bind(**{key: value for key, value in fields.items() if value}),
        sink, masks, Flood(), say,
    )  # fmt: skip
    bridge = _Bridge(log)
    logging.getLogger().addHandler(bridge)
    log.note("process_started", version=version("tradewind"))
    reason = "failed"
    try:
        yield log
        reason = "done"
    except BaseException as error:
        reason = "told to" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "failed"
        if isinstance(error, TradewindError):
            log.note("error", str(error), "error", error_type=type(error).__name__)
        elif isinstance(error, Exception):
            log.note("error", repr(error), "critical", error_type=type(error).__name__)
        raise
    finally:
        log.note("process_stopped", reason_code=reason)
        if sink.lost:
            log.note("lines_lost", level="warning", count=sink.lost)
        logging.getLogger().removeHandler(bridge)
        sink.close()


def masks_of(settings: Settings) -> Masks:
    """Return what must not be read in any line of these settings' processes."""
    masks = Masks()
    if settings.ports.secrets is not None:
        masks.add_folder(settings.ports.secrets)
    for path in (settings.broker.token_file, settings.notify, settings.api.key):
        if path is not None:
            masks.add_file(path)
    return masks


def lines_of(put: Callable[[str], Any], masks: Masks, level: Level) -> Any:
    """Return a structlog logger whose lines are JSON, masked, and handed to `put`."""

    def render(_logger: Any, method: str, fields: MutableMapping[str, Any]) -> str:
        return masks(as_line(method, fields, time.time_ns()))

    return structlog.wrap_logger(
        _Putting(put),
        processors=[structlog.contextvars.merge_contextvars, render],
        wrapper_class=structlog.make_filtering_bound_logger(NUMBERS[level]),
        cache_logger_on_first_use=False,
    ).bind()


class _Putting:
    """What structlog hands a rendered line to, by the name of its level."""

    def __init__(self, put: Callable[[str], Any]) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = put


def as_line(level: str, fields: Mapping[str, Any], ts: int) -> str:
    """Return one line of JSON, its fields in the order of the vocabulary; a word that is not in it is refused."""
    event = str(fields.get("event"))
    if event not in EVENTS:
        raise TradewindError(f"{event!r} is no event of the log.{nearest(event, EVENTS)}")
    for name in fields:
        if name not in PLACES:
            raise TradewindError(f"{name!r} is no field of the log.{nearest(name, PLACES)}")
    told = {"ts": moment(ts), "level": level, **fields}
    return json.dumps({name: told[name] for name in sorted(told, key=PLACES.__getitem__)}, default=str)


def moment(ts: int) -> str:
    """Return a moment in UTC to the nanosecond, as RFC 3339 writes it."""
    seconds, part = divmod(ts, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{part:09d}Z"


class _Bridge(logging.Handler):
    """What libraries and our own pages write through `logging`, from warnings on."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        """The record is a line; a fault in it is nobody's."""
        with contextlib.suppress(Exception):
            level: Level = "error" if record.levelno >= logging.ERROR else "warning"
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
            text = f"{record.name}: {record.getMessage()}"
            if record.exc_info:
                text += "\n" + logging.Formatter().formatException(record.exc_info)
            self.log.note("error" if level == "error" else "warning", text, level, error_type=kind)
