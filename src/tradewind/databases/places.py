"""Which databases a command is about: those that [ports] names, or the one given by its address."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tradewind.adapters.address import Address, read_address
from tradewind.errors import BadSettings

OWNER = "tradewind"
"""The user who owns the tables, where nobody else is named; services are not let change them."""
TREE_OF = {"postgresql": "trading", "timescale": "market"}
FILE = "sqlite:"


class Place(NamedTuple):
    """A database of ours, or a file."""

    tree: str
    where: Address | Path

    def __str__(self) -> str:
        """Return how a person calls it."""
        return f"{self.tree} at {self.where}"


def places_of(named: dict[str, str], secrets: Path | None, *, url: str | None, user: str | None) -> list[Place]:
    """Return the databases of the settings' `journal`, `runs` and `history`, or the one of `url`, each once."""
    if url is not None and url.startswith(FILE):
        return [Place("trading", Path(url.removeprefix(FILE).removeprefix("///")))]
    texts = [url] if url is not None else [text for text in named.values() if "://" in text]
    found: list[Place] = []
    for text in texts:
        address = read_address(text, secrets)
        if address.scheme not in TREE_OF:
            raise BadSettings(f"{address} is no database.", f"Give one of {', '.join(f'{one}://' for one in TREE_OF)}.")
        who = user or (address.user if url is not None and address.user else OWNER)
        parts = urlsplit(text)
        address = read_address(parts._replace(netloc=f"{who}@{parts.netloc.rpartition('@')[2]}").geturl(), secrets)
        if not address.database:
            raise BadSettings(f"The address {address} names no database.", "Write its name after the last /.")
        place = Place(TREE_OF[address.scheme], address)
        if str(place) not in map(str, found):
            found.append(place)
    if not found:
        raise BadSettings("No line of [ports] names a database.", "Give --url postgresql://user@host:port/database.")
    return found


def folders_of(folder: Path, places: list[Place]) -> list[Path]:
    """Return the folder of each database's backup; a second one of the same tree has a number."""
    trees = [place.tree for place in places]
    counts = [trees[:at].count(tree) + 1 for at, tree in enumerate(trees)]
    return [folder / (tree if count == 1 else f"{tree}-{count}") for tree, count in zip(trees, counts, strict=True)]
