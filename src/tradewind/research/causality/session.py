"""The process that forks one for each trial, so that every trial of plain code begins as if nothing had run before.

It speaks pickles over its standard input and output, with the process that started it and nobody else. It loads the
libraries and the machine code once and never a strategy: that is done in the fork. Where a system cannot fork, each
trial gets a whole new session (`fresh`).
"""

import contextlib
import gc
import importlib
import io
import os
import pickle
import random
import struct
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import numpy as np

from tradewind.errors import TradewindError
from tradewind.kernel.records import EVENT
from tradewind.research.causality import frames, streams
from tradewind.research.causality.outside import READINGS
from tradewind.research.causality.overlay import Overlay
from tradewind.research.causality.poison import poisoned
from tradewind.research.causality.streams import TAIL, Setting

PRELOADED = ("pandas", "polars", "scipy.signal", "scipy.interpolate", "scipy.stats")
"""Libraries loaded before the fork where they are installed: loading them is most of a trial otherwise."""


ASKING = """from tradewind import buy, cancel_all, close, equity, gate, gates, held, last_bar, memory, sell, target
from tradewind.indicators import ATR, EMA, atr, ema

MEMORY = memory(bars=int, fast=EMA, range=ATR)
GATES = gates("always")


def on_bar(state, bar, memory, params):
    memory.bars += 1
    ema(memory.fast, bar.close, 10)
    atr(memory.range, bar.high, bar.low, bar.close, 14)
    if equity(state) > 0 and gate(state, bar.instrument, GATES.always, float(memory.bars), low=0.0):
        last_bar(state, bar.instrument, bar.timeframe)
    step = memory.bars % 6
    if step == 1:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 1000, take_profit=int(bar.high) + 1000)
    elif step == 2 and held(state, bar.instrument) != 0:
        close(state, bar.instrument)
    elif step == 3:
        sell(state, bar.instrument, 0.1, stop_loss=int(bar.high) + 1000)
    elif step == 4:
        target(state, bar.instrument, 0.0)
    elif step == 5:
        target(state, bar.instrument, 0.1)
        cancel_all(state, bar.instrument)
"""
"""A strategy that gives every usual command: with it the machine code of the verbs is loaded."""


@dataclass(frozen=True)
class Function:
    """A function of a frame: where it is, and what it is given."""

    module: str
    """A path of a Python file, or the name of a module."""
    name: str
    bars: frames.Bars
    higher: Mapping[str, frames.Bars] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """A strategy and the tape it runs on, as the bytes of EVENT rows."""

    setting: Setting
    events: bytes


@dataclass(frozen=True)
class Trial:
    """One run of a subject: on which part of the data, with which future, and with files as of when."""

    until: int | None = None
    """The tape ends here (ns UTC); None runs it whole."""
    future: str | None = None
    """The kind of future after `moment`."""
    moment: int = 2**62
    start: int = -(2**62)
    """What lies before is left out."""
    files: str = "whole"
    """How files are as of `moment`: whole, cut, poison, unfinished."""
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    read: Mapping[str, Any] = field(default_factory=dict)
    opaque: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def load_module(where: str) -> ModuleType:
    """Return the module in a file or of that name, loaded now."""
    path = Path(where)
    if path.suffix != ".py":
        return importlib.import_module(where)
    sys.path.insert(0, str(path.parent))
    name = f"certified_{path.stem}"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TradewindError(f"{path} is not a Python file.")
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def tried(subject: Function | Stream, trial: Trial) -> Outcome:
    """Return what came of one trial in this process, which must end after it."""
    with tempfile.TemporaryDirectory(prefix="tradewind-trial-") as folder:
        where = Path(subject.module if isinstance(subject, Function) else subject.setting.path)
        moment = trial.moment if trial.until is None else trial.until
        overlay = Overlay(Path(folder), (trial.files, moment, trial.seed), _declared(where))
        overlay.install()
        # A fork inherits the state of the generators: chance would repeat itself and look like a rule.
        random.seed()
        np.random.seed()  # noqa: NPY002  the one that others use without asking
        try:
            if isinstance(subject, Function):
                answer, about = _tried_function(subject, trial)
            else:
                answer, about = _tried_stream(subject, trial)
        except Exception as error:  # noqa: BLE001  whatever a strategy raises is an outcome
            return Outcome(error=_sentence(error, where), read=overlay.read, opaque=overlay.opaque)
        return Outcome(answer, read=overlay.read, opaque=overlay.opaque, about=about)


def _declared(path: Path) -> dict[str, str]:
    """Return what the file says of the files it reads: the literal in OUTSIDE, found without running anything."""
    import ast  # noqa: PLC0415  a moment's use

    if path.suffix != ".py" or not path.is_file():
        return {}
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "OUTSIDE" for one in node.targets):
                found = ast.literal_eval(node.value)
                wrong = [f"{name}: {value!r}" for name, value in found.items() if value not in READINGS]
                if wrong:
                    raise TradewindError(f"OUTSIDE of {path.name} says {wrong[0]}.", f"Known: {', '.join(READINGS)}.")
                return {str(name): str(value) for name, value in found.items()}
    return {}


def _sentence(error: Exception, where: Path) -> str:
    if isinstance(error, TradewindError):
        return str(error)
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).name == where.name]
    place = f"{where.name}:{lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _tried_function(subject: Function, trial: Trial) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    module = load_module(subject.module)
    function = getattr(module, subject.name)
    library = frames.library_of(function, module)
    bars = _part(subject.bars, trial, by_close=True)
    given = [frames.frame_of(bars, library)]
    for name in frames.timeframes_of(function):
        higher = _part(subject.higher[name.lower()], trial, by_close=False)
        given += [frames.frame_of(higher, library)]
    return frames.answer_of(function(*given), bars), {"library": library}


def _part(bars: frames.Bars, trial: Trial, *, by_close: bool) -> frames.Bars:
    """Return bars as the trial has them.

    The bars decided on are there when they closed. Those of higher timeframes are there from their open on, as they
    are in a file; whether a function waits for their close is what "unfinished" finds out.
    """
    known = bars.closes if by_close else bars.opens
    if not by_close and trial.files == "unfinished":
        late = (bars.opens <= trial.moment) & (bars.closes > trial.moment)
        bars = bars._replace(columns=poisoned(bars.columns, late, "walk", trial.seed))
    if trial.future is not None:
        bars = bars._replace(columns=poisoned(bars.columns, known > trial.moment, trial.future, trial.seed))
    keep = bars.opens >= trial.start
    if trial.until is not None:
        keep &= known <= trial.until
    return bars.part(keep)


def _tried_stream(subject: Stream, trial: Trial) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    events = np.frombuffer(bytearray(subject.events), EVENT)
    events = np.frombuffer(bytearray(events[events["ts"] >= trial.start].tobytes()), EVENT)
    if trial.future is not None:
        end = int(np.searchsorted(events["ts"], trial.moment, side="right")) + TAIL
        events = streams.with_future(events, trial.moment, trial.future, trial.seed)[:end]
    if trial.until is not None:
        events = streams.events_until(events, trial.until)
    return streams.run_plain(subject.setting, events), {}


def alone(subject: Function | Stream, trial: Trial) -> bytes:
    """Return the pickled outcome of a trial made in a process of its own, which has ended."""
    if not hasattr(os, "fork"):
        return pickle.dumps(tried(subject, trial))
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inlet)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        done = b""
        try:
            done = pickle.dumps(tried(subject, trial))
        except BaseException as error:  # noqa: BLE001  the process ends here whatever happens
            done = pickle.dumps(Outcome(error=f"{type(error).__name__}: {error}"))
        finally:
            with os.fdopen(outlet, "wb") as pipe:
                pipe.write(done)
            os._exit(0)
    os.close(outlet)
    with os.fdopen(inlet, "rb") as pipe:
        done = pipe.read()
    os.waitpid(child, 0)
    return done or pickle.dumps(Outcome(error="The strategy ended its process."))


def send(stream: IO[bytes], message: bytes) -> None:
    """The message is on its way, its length before it."""
    stream.write(struct.pack("<Q", len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Return the next message, or None when the other side has ended."""
    head = stream.read(8)
    return stream.read(struct.unpack("<Q", head)[0]) if len(head) == 8 else None


def _messages(stream: IO[bytes]) -> Iterator[Any]:
    while (message := receive(stream)) is not None:
        yield pickle.loads(message)  # noqa: S301  from the process that started this one


def serve() -> None:
    """Every subject and trial that comes in is answered, until the other side ends."""
    inlet = os.fdopen(os.dup(0), "rb")
    outlet = os.fdopen(os.dup(1), "wb")
    # What a strategy prints must not stand among the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    warmed = False
    subject: Function | Stream | None = None
    for message in _messages(inlet):
        if isinstance(message, Function | Stream):
            subject = message
            if isinstance(message, Stream) and not warmed:
                _warm(message)
                warmed = True
            # What is there now is garbage for nobody: a fork that looks through it would copy it all.
            gc.collect()
            gc.freeze()
        elif subject is not None:
            send(outlet, alone(subject, message))


def _warm(subject: Stream) -> None:
    """The kernel's machine code is loaded here, so that no fork has to."""
    with (
        contextlib.suppress(Exception),
        contextlib.redirect_stdout(io.StringIO()),
        tempfile.TemporaryDirectory(prefix="tradewind-warm-") as folder,
    ):
        path = Path(folder) / "asking.py"
        path.write_text(ASKING, encoding="utf-8")
        setting = replace(subject.setting, path=path, overrides={})
        streams.run_plain(setting, np.frombuffer(bytearray(subject.events), EVENT)[:2000])
