"""Whether a server of the stack is well, asked as those who use it would ask; what it is, in a few words."""

from tradewind.adapters.address import Address
from tradewind.adapters.redis import RedisBoard
from tradewind.databases.looking import look
from tradewind.databases.places import Place
from tradewind.errors import TradewindError


def health_of_database(tree: str, address: Address) -> str:
    """Return what the database is; TradewindError with the first thing to do where something is."""
    found = look(Place(tree, address))
    for one in found:
        if not one.good:
            raise TradewindError(f"{one.what}: {one.found}.", one.todo)
    said = {one.what: one.found for one in found}
    wanted = ("server", "extension") if tree == "market" else ("server",)
    return "; ".join([*(said[name] for name in wanted if name in said), f"tables {said['tables']}"])


def health_of_redis(address: Address) -> str:
    """Return what it is; one of our errors where it does not answer or takes nobody."""
    board = RedisBoard(address)
    try:
        board.prove()
    finally:
        board.close()
    return "it answers, and asks for the password"


def health_of_kafka(address: str) -> str:
    """Return what it is; TradewindError where it does not answer."""
    from confluent_kafka import KafkaException  # noqa: PLC0415 - only who asks it needs the client
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same

    client = AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.timeout.ms": 3000})
    try:
        told = client.list_topics(timeout=3.0)
    except KafkaException as error:
        raise TradewindError(f"Kafka at {address} does not answer: {error.args[0].str()}.", "Is it running?") from None
    topics = [name for name in told.topics if not name.startswith("__")]
    return f"{len(told.brokers)} broker, {len(topics)} topics"
