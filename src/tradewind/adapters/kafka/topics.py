"""The topics: made with settings that lose nothing, and looked at before anything is read or written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs forget it

from tradewind.errors import TradewindError

DAY_MS = 86_400_000
WITHIN_S = 10.0


class TopicsUnreachable(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The server does not answer: nothing is known."""


class TopicsWrong(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The server answers, and what it has is not what we work with."""


class Topic(NamedTuple):
    """One topic."""

    name: str
    key: str
    """What keeps its order: everything of one key lies in one partition."""
    partitions: int
    days: int
    """How long messages are kept."""
    largest: int = 1_048_576
    """Bytes of a message."""


QUOTES = Topic("tradewind.quotes", "instrument", 12, 7)
BARS = Topic("tradewind.bars", "instrument", 12, 30)
JOURNAL = Topic("tradewind.journal", "account", 6, 90, 8_388_608)
ALERTS = Topic("tradewind.alerts", "account", 3, 90)
DEAD = Topic("tradewind.dead-letters", "topic", 3, 365, 16_777_216)
TOPICS: Mapping[str, Topic] = {one.name: one for one in (QUOTES, BARS, JOURNAL, ALERTS, DEAD)}


def make_topics(servers: str, replicas: int = 1) -> list[str]:
    """Every topic is there; return the names of those that were made now. One that is different is TopicsWrong."""
    client = _client(servers)
    held = _held(client, servers)
    missing = [one for one in TOPICS.values() if one.name not in held]
    wanted = [NewTopic(one.name, one.partitions, replicas, config=_settings(one, replicas)) for one in missing]
    for name, future in client.create_topics(wanted, request_timeout=WITHIN_S).items() if wanted else ():
        try:
            future.result(WITHIN_S)
        except KafkaException as error:
            if "TOPIC_ALREADY_EXISTS" not in str(error):
                why = error.args[0].str()
                raise TopicsWrong(f"The topic {name} was not made: {why}.", "See the server's log.") from error
    check_topics(servers)
    return [one.name for one in missing]


def check_topics(servers: str) -> None:
    """Every topic is there with the partitions it was made with: with others, keys would lie elsewhere."""
    held = _held(_client(servers), servers)
    for one in TOPICS.values():
        if one.name not in held:
            raise TopicsWrong(f"The topic {one.name} is missing at {servers}.", "Make it: tradewind topics make")
        if held[one.name] != one.partitions:
            raise TopicsWrong(
                f"The topic {one.name} has {held[one.name]} partitions, not {one.partitions}.",
                "Prices of one instrument would lose their order: make it anew, or change the declaration everywhere.",
            )


def _client(servers: str) -> Any:
    return AdminClient({"bootstrap.servers": servers, "log_level": 0, "socket.timeout.ms": int(WITHIN_S * 1000)})


def _held(client: Any, servers: str) -> dict[str, int]:
    """Return the number of partitions by topic."""
    try:
        topics = client.list_topics(timeout=WITHIN_S).topics
    except KafkaException as error:
        why = error.args[0].str()
        raise TopicsUnreachable(f"Kafka at {servers} does not answer: {why}.", "Is it running?") from error
    return {name: len(one.partitions) for name, one in topics.items() if one.error is None}


def _settings(topic: Topic, replicas: int) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(topic.days * DAY_MS),
        "max.message.bytes": str(topic.largest),
        "min.insync.replicas": str(max(1, replicas - 1)),
        "unclean.leader.election.enable": "false",
        "message.timestamp.type": "CreateTime",
    }
