"""The outbox: what accounts commit to their journals on PostgreSQL goes to Kafka, in order and at least once."""

from collections.abc import Callable, Sequence
from functools import partial

from tradewind.adapters.address import Address
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.reading import note_in
from tradewind.adapters.kafka.messages import Alert, JournalBlock
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import ALERTS, JOURNAL, TopicsUnreachable, check_topics
from tradewind.adapters.postgres.connection import connect, translated
from tradewind.adapters.postgres.outbox import POLL_S, Outbox
from tradewind.services.life import Life

ACCOUNTS = "SELECT DISTINCT account FROM trading.journal_blocks"
WAITING_TURNS = 20
"""Turns after which what waits is counted."""
LOOK_S = 1.0
LOOK_TURNS = 100
"""Turns after which new accounts are looked for."""


def publish(publisher: Publisher, account: str, wait: Callable[[], None], blocks: Sequence[Block]) -> None:
    """The blocks are acknowledged once `wait` returns, and alerts among them under their own topic too."""
    for block in blocks:
        publisher.publish(JOURNAL, account, JournalBlock(account=account, **block._asdict()))
        if block.log == "notes" and (note := note_in(block)).kind == "alert":
            told = note.document
            publisher.publish(
                ALERTS,
                account,
                Alert(account=account, ts=int(told["ts"]), about=told["about"], level=told["level"], text=told["text"]),
            )
    wait()


def send_out(life: Life, servers: str, address: Address) -> None:
    """Blocks were published as they came until the service was told to stop."""
    outboxes: dict[str, Outbox] = {}

    def tell() -> None:
        life.told.gauge("tradewind_outbox_lag_events").set(sum(one.waiting for one in outboxes.values()))

    try:
        _open_new(outboxes, address)
        tell()  # before Kafka is asked for: it counts when Kafka is away
        check_topics(servers)
        publisher = Publisher(servers, stopped=lambda: life.stopped)
        life.working()
        while not life.stopped:
            if life.turns % LOOK_TURNS == 0:
                _open_new(outboxes, address)
            sent = 0
            for account, outbox in outboxes.items():
                sent += outbox.step(partial(publish, publisher, account, partial(wait_for, publisher, life, tell)))
            life.turn(published=life.figures.get("published", 0) + sent)
            life.told.counter("tradewind_records_written_total", JOURNAL.name).inc(sent)
            if life.turns % WAITING_TURNS == 0:
                tell()
            if sent:
                life.working()
            else:
                life.rest(POLL_S)
    finally:
        for outbox in outboxes.values():
            outbox.close()


def wait_for(publisher: Publisher, life: Life, tell: Callable[[], None]) -> None:
    """Everything published is acknowledged; TopicsUnreachable where something was given up, or it was told to stop.

    While it is not, the service says so, and how much waits.
    """
    while not publisher.settled(LOOK_S):
        if life.stopped:
            raise TopicsUnreachable(f"{publisher.waiting} messages were not acknowledged.", "They are sent again.")
        life.degraded("Kafka acknowledges nothing; what accounts did waits in their journals")
        life.turn()
        tell()


def _open_new(outboxes: dict[str, Outbox], address: Address) -> None:
    """Every account that has a journal has its outbox."""
    for account in accounts(address):
        if account not in outboxes:
            outboxes[account] = Outbox(address, account)


def accounts(address: Address) -> list[str]:
    """Return the accounts that have a journal there."""
    with translated(f"The journals at {address}"), connect(address, name="tradewind outbox") as connection:
        return sorted(name for (name,) in connection.execute(ACCOUNTS).fetchall())
