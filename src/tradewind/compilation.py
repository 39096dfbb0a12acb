"""Strategies inside the kernel's loop: the small generated functions that stand between the loop and the handlers.

The loop knows one signature: state, what is shown, which strategy, which row, and two addresses. For each strategy
file a `handle` of that signature is written to the cache folder (Numba caches only code that lies in a file), and
for several strategies one more that chooses among them.
"""

import hashlib
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import int64
from numba.core.errors import NumbaError, NumbaWarning

from tradewind.errors import TradewindError
from tradewind.kernel import loop
from tradewind.kernel.compiled import CACHE_FOLDER, JIT, compiled, record_at
from tradewind.kernel.loop import HANDLER, SHOW_BAR, SHOW_EVENT, SHOW_QUOTE
from tradewind.kernel.records import ACCEPTED, DAY
from tradewind.strategy import Strategy, parameter_dtype

ONE = '''"""Generated for {name}: takes apart what the loop passes and calls the handlers."""


@compiled(HANDLER, folder=FOLDER)
def handle(state, shown, strategy, index, memory_address, parameters_address):
    memory = record_at(memory_address, MEMORY)
    row = record_at(parameters_address, PARAMETERS)
    params = Params({arguments})
{body}'''

MANY = '''"""Generated: chooses the strategy whose turn it is."""


@compiled(HANDLER, folder=FOLDER)
def handle(state, shown, strategy, index, memory_address, parameters_address):
{body}'''


KERNEL_READY = CACHE_FOLDER / "kernel.ready"


def handler_of(strategies: Sequence[Strategy]) -> Any:
    """Return the compiled function that shows the loop's events to `strategies` (loaded with compile_handlers).

    The kernel's loop is compiled by then, too. Raises TradewindError naming file and cause where Numba cannot compile
    a handler.
    """
    kernel = _start_compiling_kernel()
    try:
        handler = _handler_of_all(strategies)
        if kernel is not None:
            kernel.wait()
    except BaseException:
        if kernel is not None:
            kernel.terminate()
        raise
    return handler


def _start_compiling_kernel() -> "subprocess.Popen[bytes] | None":
    """Return the process that compiles the loop into the cache, or None if it is there already.

    The loop and a strategy take about as long as each other, so a second core halves the first wait.
    """
    if not JIT or KERNEL_READY.exists() or (os.cpu_count() or 1) < 2:
        return None
    code = "from tradewind.compilation import compile_kernel; compile_kernel()"
    # In a session of its own: a Ctrl-C is for us, and we end it.
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=True)  # noqa: S603 - our own code, no input of anybody


def compile_kernel() -> None:
    """The machine code of the kernel's loop is in the cache."""
    loop.drive.compile((int64, int64))
    KERNEL_READY.touch()


def _handler_of_all(strategies: Sequence[Strategy]) -> Any:
    handlers = [_handler_of_one(strategy) for strategy in strategies]
    if len(handlers) == 1:
        return handlers[0]
    digest = hashlib.sha256("".join(strategy.digest for strategy in strategies).encode()).hexdigest()[:20]
    lines = []
    for number in range(len(handlers)):
        lines.append(f"    {'if' if number == 0 else 'elif'} strategy == {number}:")
        lines.append(f"        handle_{number}(state, shown, strategy, index, memory_address, parameters_address)")
    names = {f"handle_{number}": handler for number, handler in enumerate(handlers)}
    return _write_and_load(digest, MANY.format(body="\n".join(lines) + "\n"), names)


def _handler_of_one(strategy: Strategy) -> Any:
    """Return the `handle` of one strategy."""
    hints = strategy.parameters._fields
    types = strategy.parameters.__annotations__
    arguments = ", ".join(f"row.{name} != 0" if types[name] in (bool, "bool") else f"row.{name}" for name in hints)
    names = {
        **strategy.handlers,
        "MEMORY": strategy.memory,
        "PARAMETERS": parameter_dtype(strategy.parameters),
        "Params": strategy.parameters,
    }
    source = ONE.format(name=strategy.path.name, arguments=arguments, body=_body(strategy))
    try:
        with warnings.catch_warnings():
            # What it warns about either compiles as meant or fails, and then the error says so.
            warnings.simplefilter("ignore", NumbaWarning)
            return _write_and_load(strategy.digest, source, names)
    except NumbaError as error:
        raise TradewindError(
            f"{strategy.path}: Numba cannot compile it: {_first_cause(error)}. Write it in the subset of Python that "
            "Numba compiles, or run it as plain Python with --plain"
        ) from error


def _first_cause(error: NumbaError) -> str:
    """Return the line of Numba's long message that names the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    where = next((line for line in lines if line.startswith("File ")), "")
    skip = ("Failed in", "During:", "File ", "-", "No implementation of", "There are", "raised from")
    cause = next((line for line in lines if not line.startswith(skip)), lines[0])
    cause = without_records(cause)
    return f"{cause} ({where.rstrip(':')})" if where else cause


def without_records(text: str) -> str:
    """Return `text` with every record type, which Numba spells out field by field, as the word `record`."""
    while (start := text.find("Record(")) >= 0:
        depth, end = 0, start
        for end in range(start + len("Record"), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        text = f"{text[:start]}record{text[end + 1 :]}"
    return text


def _body(strategy: Strategy) -> str:
    """Return the lines that call each handler with what it is shown."""
    lines = [f"    if shown == {SHOW_BAR}:", "        series = state.series[index]"]
    for name, seconds in strategy.timeframes.items():
        wanted = str(seconds) if seconds else "row.bar_seconds_"
        lines.append(f"        if series.timeframe == {wanted}:")
        lines.append(f"            {name}(state, series.last, memory, params)")
    if "on_quote" in strategy.handlers:
        lines.append(f"    if shown == {SHOW_QUOTE}:")
        lines.append("        on_quote(state, state.instruments[index], memory, params)")
    events = {
        "on_order": f"kind >= {ACCEPTED}",
        "on_day": f"kind == {DAY}",
        "on_session": f"{DAY} < kind < {ACCEPTED}",
    }
    if events.keys() & strategy.handlers.keys():
        lines.append(f"    if shown == {SHOW_EVENT}:")
        lines.append("        kind = state.pending[index].kind")
        for name, condition in events.items():
            if name in strategy.handlers:
                lines.append(f"        if {condition}:")
                lines.append(f"            {name}(state, state.pending[index], memory, params)")
    return "\n".join(lines) + "\n"


def _write_and_load(digest: str, source: str, names: dict[str, Any]) -> Any:
    """Return `handle` from a file with `source` in the cache folder, where `names` are its globals."""
    folder = CACHE_FOLDER / digest
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"handle_{hashlib.sha256(source.encode()).hexdigest()[:8]}.py"
    if not path.exists() or path.read_text() != source:
        path.write_text(source)
    module = _module(path, f"tradewind_handle_{digest}")
    vars(module).update(names, compiled=compiled, record_at=record_at, HANDLER=HANDLER, FOLDER=folder)
    spec = module.__spec__
    if spec is None or spec.loader is None:
        raise TradewindError(f"{path} cannot be read back")
    spec.loader.exec_module(module)
    return module.handle


def _module(path: Path, name: str) -> ModuleType:
    spec = util.spec_from_file_location(name, path)
    if spec is None:
        raise TradewindError(f"{path} cannot be read back")
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    return module
