"""The outbox: what accounts commit to their journals on PostgreSQL goes to Kafka, in order and at least once."""

from collections.abc import Sequence
from functools import partial

from tradewind.adapters.address import Address
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.reading import note_in
from tradewind.adapters.kafka.messages import Alert, JournalBlock
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import ALERTS, JOURNAL, check_topics
from tradewind.adapters.postgres.connection import connect, translated
from tradewind.adapters.postgres.outbox import POLL_S, Outbox
from tradewind.services.life import Life

ACCOUNTS = "SELECT DISTINCT account FROM trading.journal_blocks"
WAITING_TURNS = 20
"""Turns after which what waits is counted."""
LOOK_TURNS = 100
"""Turns after which new accounts are looked for."""


def publish(publisher: Publisher, account: str, blocks: Sequence[Block]) -> None:
    """The blocks are acknowledged, and alerts among them under their own topic too."""
    for block in blocks:
        publisher.publish(JOURNAL, account, JournalBlock(account=account, **block._asdict()))
        if block.log == "notes" and (note := note_in(block)).kind == "alert":
            told = note.document
            publisher.publish(
                ALERTS,
                account,
                Alert(account=account, ts=int(told["ts"]), about=told["about"], level=told["level"], text=told["text"]),
            )
    publisher.flush()


def send_out(life: Life, servers: str, address: Address) -> None:
    """Blocks were published as they came until the service was told to stop."""
    check_topics(servers)
    publisher = Publisher(servers, stopped=lambda: life.stopped)
    outboxes: dict[str, Outbox] = {}
    try:
        turns = 0
        life.working()
        while not life.stopped:
            if turns % LOOK_TURNS == 0:
                for account in accounts(address):
                    if account not in outboxes:
                        outboxes[account] = Outbox(address, account)
            turns += 1
            sent = 0
            for account, outbox in outboxes.items():
                sent += outbox.step(partial(publish, publisher, account))
            life.turn(published=life.figures.get("published", 0) + sent)
            life.told.counter("tradewind_records_written_total", JOURNAL.name).inc(sent)
            if turns % WAITING_TURNS == 0:
                life.told.gauge("tradewind_outbox_lag_events").set(sum(one.waiting for one in outboxes.values()))
            if not sent:
                life.rest(POLL_S)
    finally:
        for outbox in outboxes.values():
            outbox.close()


def accounts(address: Address) -> list[str]:
    """Return the accounts that have a journal there."""
    with translated(f"The journals at {address}"), connect(address, name="tradewind outbox") as connection:
        return sorted(name for (name,) in connection.execute(ACCOUNTS).fetchall())
