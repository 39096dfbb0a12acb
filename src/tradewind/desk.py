"""`tradewind new desk`: a folder of one's own with a strategy, settings and a test that passes."""

from pathlib import Path

from tradewind.errors import TradewindError

STRATEGY = '''"""Buy strength: long while the fast average is above the slow one, flat otherwise.

Thesis: write here why this should earn money, and how you would notice that it does not.
"""

from typing import NamedTuple

from tradewind import buy, close, gate, gates, held, memory
from tradewind.indicators import ATR, EMA, atr, ema


class Params(NamedTuple):
    """What may be changed with --set name=value."""

    fast: int = 20
    slow: int = 50
    stop_atr: float = 3.0


MEMORY = memory(fast=EMA, slow=EMA, range=ATR)
GATES = gates("trend", "warm")


def on_m15(state, bar, memory, params):
    """Called once for every closed fifteen-minute bar; prices are ticks."""
    fast = ema(memory.fast, bar.close, params.fast)
    slow = ema(memory.slow, bar.close, params.slow)
    reach = atr(memory.range, bar.high, bar.low, bar.close, 14)
    warm = gate(state, bar.instrument, GATES.warm, memory.slow.seen, 4 * params.slow)
    trend = gate(state, bar.instrument, GATES.trend, fast - slow, 0.0)
    if not warm:
        return
    if trend and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, stop_loss=bar.close - int(params.stop_atr * reach))
    elif not trend and held(state, bar.instrument) > 0:
        close(state, bar.instrument)
'''

SETTINGS = """# Everything here has a default; change what you need. See docs/cli.md of Tradewind.
profile = "metatrader"
data = "tradewind-data"

[account]
currency = "USD"
balance = 100000

[sizing]
method = "fixed_fraction"
fraction = 0.005
"""

TEST = '''"""The strategy loads, compiles, and says what it may be asked."""

from pathlib import Path

from tradewind.compilation import handler_of
from tradewind.strategy import load

STRATEGY = Path(__file__).parent.parent / "strategies" / "first.py"


def test_the_strategy_compiles():
    """The strategy can run inside the kernel's loop."""
    strategy = load(STRATEGY, compile_handlers=True)

    assert handler_of([strategy]) is not None


def test_parameters_can_be_changed():
    """A parameter given as text is what the strategy gets."""
    strategy = load(STRATEGY)

    assert strategy.params({"fast": "10"}).fast == 10
'''

FILES = {
    "strategies/first.py": STRATEGY,
    "tradewind.toml": SETTINGS,
    "tests/test_first.py": TEST,
    ".gitignore": "tradewind-data/\n__pycache__/\n",
}


def make_desk(folder: Path) -> list[str]:
    """Return what to do next, after the folder was made; a folder that exists is never touched."""
    if folder.exists():
        raise TradewindError(f"{folder} is there already.", "Choose another name, or remove it first.")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [
        f"Made {folder}: {', '.join(FILES)}.",
        f"  cd {folder}",
        "  tradewind data import FILE --as XAUUSD --clock ny+7",
        "  tradewind backtest strategies/first.py --on XAUUSD",
        "  python -m pytest tests",
    ]
