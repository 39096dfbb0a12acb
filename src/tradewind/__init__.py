"""Tradewind: session-based algorithmic trading of index, metal and FX CFDs.

A strategy file imports what it needs from here: `memory`, `gates`, `gate`, the order verbs, and what it may ask about
positions and bars. Names are loaded when first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "tradewind.strategy": ("gates", "memory"),
    "tradewind.kernel.gates": ("gate",),
    "tradewind.kernel.verbs": (
        "buy", "cancel", "cancel_all", "close", "move_stop", "on_the_way", "reduce", "replace", "sell", "target",
    ),
    "tradewind.kernel.holdings": ("attached", "held", "position", "stop_price"),
    "tradewind.kernel.bars": ("last_bar",),
    "tradewind.kernel.account": ("equity",),
}  # fmt: skip

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]  # noqa: PLE0604  the names are strings, computed from one table


def __getattr__(name: str) -> Any:
    """Return the public name from the module it lives in."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'tradewind' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
