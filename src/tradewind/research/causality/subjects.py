"""What is certified: found, loaded once to see what it is, and given its data.

certify momentum.py                 a strategy file, by its handlers; or its function `signals`
certify features.py:zscore          a function of a frame, in a file
certify mylibrary.features:zscore   the same, in a module that can be imported
"""

import ast
import hashlib
import importlib.util
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.adapters.histories import History
from tradewind.errors import BadData, TradewindError
from tradewind.modes import Choice, Plan, Request, plan_backtest
from tradewind.requests import strategy_path
from tradewind.research.causality.frames import HIGHER, Bars
from tradewind.research.causality.session import Function, Stream
from tradewind.research.causality.streams import RAW, Setting
from tradewind.strategy import timeframe_seconds

SIGNALS = "signals"
PURE = {"tradewind", "typing", "math", "numpy", "functools", "__future__"}
"""What a strategy may import and still be worth an attempt at compiling."""

READS = re.compile(r"\b(open|load|loadtxt|genfromtxt|fromfile|read_\w+)\(|\bglobal\b")
"""What compiled code would freeze as a constant, unseen."""

RECORDER = '''"""Generated: keeps the bars it is shown."""

ROWS = []

def keep(bar):
    ROWS.append((int(bar.timeframe), int(bar.open_time), int(bar.close_time), int(bar.open), int(bar.high),
                 int(bar.low), int(bar.close), int(bar.volume)))

'''


@dataclass(frozen=True)
class Named:
    """A subject before it has data."""

    name: str
    path: Path
    """The file it is in."""
    function: str = ""
    """Empty for a strategy."""
    module: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def find_subject(text: str) -> Named:
    """Return what the words name, or raise TradewindError."""
    where, colon, function = text.rpartition(":")
    if not colon or function.endswith(".py"):
        where, function = text, ""
    if function and not where.endswith(".py"):
        return _in_module(where, function)
    path = Path(where) if Path(where).is_file() else strategy_path(where)
    names = _functions(path)
    if not function and not any(name.startswith("on_") for name in names):
        if SIGNALS not in names:
            raise TradewindError(
                f"{path} has neither a handler such as on_m5 nor a function {SIGNALS}.",
                f"Name the function: {path}:{names[0] if names else 'function'}.",
            )
        function = SIGNALS
    if function and function not in names:
        raise TradewindError(f"{path} has no function {function}.", f"It has: {', '.join(names) or 'none'}.")
    path = path.resolve()
    return Named(f"{path.stem}:{function}" if function else path.stem, path, function, str(path) if function else "")


def _in_module(module: str, function: str) -> Named:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise TradewindError(f"There is no module {module}.", "Give a file, or a module that can be imported.")
    return Named(f"{module}:{function}", Path(spec.origin), function, module)


def _functions(path: Path) -> list[str]:
    """Return the functions of a file, without running it."""
    return [node.name for node in _tree(path).body if isinstance(node, ast.FunctionDef)]


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise TradewindError(f"{path}:{error.lineno}: {error.msg}: {(error.text or '').strip()}") from None


def compilable(path: Path) -> bool:
    """Return whether a strategy imports only what compiled code may use; whether it compiles is for Numba to say."""
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    text = path.read_text(encoding="utf-8")
    return names <= PURE and READS.search(text) is None


def timeframes_asked(named: Named) -> list[str]:
    """Return the higher timeframes that a function's parameters name, found without running it."""
    for node in _tree(named.path).body:
        if isinstance(node, ast.FunctionDef) and node.name == named.function:
            return [one.arg.lower() for one in node.args.args[1:] if HIGHER.match(one.arg)]
    return []


def stream_of(named: Named, request: Request, history: History) -> tuple[Stream, Plan, np.ndarray[Any, Any]]:
    """Return a strategy with its tape, the plan of its run, and the tape's events."""
    choice = Choice(named.path, request.choices[0].overrides if request.choices else {})
    plan = plan_backtest(replace(request, choices=[choice], plain=True), history)
    events = events_of(plan)
    bar_seconds = timeframe_seconds(request.bar)
    setting = Setting(
        named.path, choice.overrides, bar_seconds, len(request.symbols),
        plan.runner.state.tobytes(), plan.runner.venue.tobytes(),
    )  # fmt: skip
    return Stream(setting, events.tobytes()), plan, events


def events_of(plan: Plan) -> np.ndarray[Any, Any]:
    """Return the whole tape of a plan in one piece."""
    blocks = [block.view(RAW).copy() for block in plan.feed()]
    if not blocks:
        raise BadData("The tape is empty.", "Choose another period with --from and --to.")
    from tradewind.kernel.records import EVENT  # noqa: PLC0415  bytes are looked at here alone

    return np.concatenate(blocks).view(EVENT)


def function_of(
    named: Named, request: Request, history: History, kept: dict[Any, Any], limit: int = 0
) -> tuple[Function, Plan]:
    """Return a function with the bars it is given: the last `limit` of the period, or all.

    `kept` holds bars recorded before, so that many functions on the same data wait for them once.
    """
    higher = timeframes_asked(named)
    if len(request.symbols) != 1:
        raise TradewindError("A function of a frame is certified on one instrument.", "Name one with --on.")
    names = tuple(dict.fromkeys([request.bar.lower(), *higher]))
    key = (id(history), *request.symbols, request.start, request.end, request.feed, names)
    if key not in kept:
        kept[key] = _recorded(names, request, history)
    bars, plan = kept[key]
    own = bars[request.bar.lower()]
    if len(own.opens) < 50:
        raise BadData(f"There are only {len(own.opens)} bars of {request.bar}.", "Choose a longer period with --from.")
    own = own.part(slice(-limit, None)) if limit else own
    return Function(named.module, named.function, own, {name: bars[name] for name in higher}), plan


def _recorded(names: Sequence[str], request: Request, history: History) -> tuple[dict[str, Bars], Plan]:
    """Return the bars of the timeframes, as the kernel closes them, and the plan of the run that recorded them."""
    handlers = "\n".join(f"def on_{name}(state, bar, memory, params):\n    keep(bar)\n" for name in names)
    with tempfile.TemporaryDirectory(prefix="tradewind-bars-") as folder:
        path = Path(folder) / "recorder.py"
        path.write_text(RECORDER + handlers, encoding="utf-8")
        plan = plan_backtest(replace(request, choices=[Choice(path)], plain=True), history)
        plan.runner.run(plan.feed())
    rows = np.array(plan.strategies[0].module.ROWS, np.int64).reshape(-1, 8)
    size = float(plan.listings[0].instrument.tick_size)
    return {name: _bars(rows[rows[:, 0] == timeframe_seconds(name)], size) for name in names}, plan


def _bars(rows: np.ndarray[Any, Any], size: float) -> Bars:
    """Return bars in price units, rounded to what the prices were."""
    digits = max(0, -int(np.floor(np.log10(size) + 1e-9)))
    columns = {
        name: np.round(rows[:, 3 + place] * size, digits) for place, name in enumerate(("open", "high", "low", "close"))
    }
    return Bars(rows[:, 1].copy(), rows[:, 2].copy(), columns | {"volume": rows[:, 7].astype(np.float64)})
