"""The servers that [ports] names, asked as those who use them would ask. The defaults need none.

The password of a server's owner is used where there is a file of it, since only the owner can see rights and versions.
"""

from collections.abc import Callable
from importlib.util import find_spec

from tradewind.adapters.address import read_address
from tradewind.doctor.finding import BAD, GOOD, UNUSED, Finding
from tradewind.errors import TradewindError
from tradewind.settings import Settings

MISSING = "Run `pip install 'tradewind[stack]'`."
START = "Start it: tradewind stack up"


def databases(settings: Settings) -> list[Finding]:
    """Return what there is to say of each database that is named."""
    ports = settings.ports
    named = {name: getattr(ports, name) for name in ("journal", "runs", "history")}
    if not any("://" in text for text in named.values()):
        return [Finding("databases", "servers", UNUSED, "files are used")]
    if any(find_spec(name) is None for name in ("alembic", "psycopg", "sqlalchemy")):
        return [Finding("databases", "libraries", BAD, "The databases' libraries are missing.", MISSING)]
    from tradewind.databases.looking import look  # noqa: PLC0415 - an extra
    from tradewind.databases.places import places_of  # noqa: PLC0415 - the same

    found = []
    for place in places_of(named, ports.secrets, url=None, user=None):
        for one in look(place):
            cure = one.todo
            if one.what == "server" and not one.good:
                cure = f"{cure} {START}" if "assword" not in one.found else f"{cure} The file lies in [ports] secrets."
            state = GOOD if one.good else BAD
            found.append(Finding("databases", f"{place.tree}: {one.what}", state, one.found, cure))
    return found


def redis(settings: Settings) -> list[Finding]:
    """Return whether the board's server answers and takes our password."""
    text = settings.ports.board
    if "://" not in text:
        return [Finding("redis", "board", UNUSED, "the board is kept in memory")]
    if find_spec("redis") is None:
        return [Finding("redis", "libraries", BAD, "The library redis is missing.", MISSING)]
    from tradewind.stack.health import health_of_redis  # noqa: PLC0415 - an extra

    return [_asked("redis", "board", lambda: health_of_redis(read_address(text, settings.ports.secrets)))]


def kafka(settings: Settings) -> list[Finding]:
    """Return whether the topics are there as they were made."""
    text = settings.ports.feed
    if "://" not in text:
        return [Finding("kafka", "topics", UNUSED, "prices come directly")]
    if find_spec("confluent_kafka") is None:
        return [Finding("kafka", "libraries", BAD, "The library confluent_kafka is missing.", MISSING)]
    from tradewind.adapters.kafka.topics import TOPICS, check_topics  # noqa: PLC0415 - an extra
    from tradewind.stack.health import health_of_kafka  # noqa: PLC0415 - the same

    address = read_address(text)
    place = f"{address.host}:{address.port}"
    found = [_asked("kafka", "server", lambda: health_of_kafka(place))]
    if found[0].state != GOOD:
        return found

    def topics() -> str:
        check_topics(place)
        return f"all {len(TOPICS)} are there, with their partitions"

    return [*found, _asked("kafka", "topics", topics)]


def _asked(area: str, name: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(area, name, GOOD, ask(), age_s=0.0)
    except TradewindError as error:
        return Finding(area, name, BAD, error.message, f"{error.hint} {START}".strip())
