"""Which brokers we can speak to: every package here that has a `broker` module with its `CAPABILITIES`."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import NamedTuple

import tradewind.adapters.brokers as here
from tradewind.broker import Capabilities


class Adapter(NamedTuple):
    """A broker we can speak to, or the library that is missing for it."""

    name: str
    capabilities: Capabilities | None
    missing: str = ""


def adapters() -> Iterator[Adapter]:
    """Yield every adapter by name; one whose library is not installed says which."""
    for module in pkgutil.iter_modules(here.__path__):
        if not module.ispkg:
            continue
        try:
            broker = importlib.import_module(f"{here.__name__}.{module.name}.broker")
        except ModuleNotFoundError as error:
            yield Adapter(module.name, None, error.name or "")
        else:
            yield Adapter(module.name, broker.CAPABILITIES)
