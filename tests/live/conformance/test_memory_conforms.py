"""The reference broker conforms, whatever class of broker it plays; one that lies about itself does not."""

import asyncio

import pytest
from broker_conformance import SCENARIOS, conformance
from broker_world import CUT, EVERY_FAULT
from memory_broker import CAPABILITIES, Exchange, MemoryBroker

from tradewind.broker import BrokerUnreachable, Picture


class MemoryWorld:
    """A broker in memory."""

    cannot = frozenset()
    declared = CAPABILITIES
    broker = MemoryBroker

    async def __aenter__(self):
        self.exchange = Exchange(self.declared)
        self.connected = []
        return self

    async def __aexit__(self, *_how):
        for one in self.connected:
            await one.close()

    async def connect(self):
        broker = self.broker(self.exchange)
        await broker.open()
        self.connected.append(broker)
        return broker

    async def price(self, bid, ask):
        self.exchange.prices[0] = (bid, ask)
        self.exchange.match()

    async def fault(self, name):
        assert name in EVERY_FAULT
        self.exchange.faults.add(name)
        if name == CUT:
            await asyncio.sleep(0.05)  # the stream has time to notice

    async def mend(self):
        self.exchange.faults.clear()


def playing(**changed):
    """Return a world whose broker is of another class."""
    return type("Playing", (MemoryWorld,), {"declared": CAPABILITIES._replace(**changed)})


test_a_broker_that_refuses_ids_for_ever = conformance(MemoryWorld)
test_a_broker_that_refuses_ids_while_open = conformance(playing(id_scope="open", replaces_in_place=True))
test_a_broker_that_takes_any_id_and_nets = conformance(playing(id_scope="echo", position_mode="netting"))
test_a_broker_without_attached_stops = conformance(playing(attached_stops=False))


class Guessing(MemoryBroker):
    """A broker that answers "none" where it does not know."""

    async def picture(self):
        try:
            return await super().picture()
        except BrokerUnreachable:
            return Picture(0, "0", "USD", 0, 0, 0, (), ())


class Forgetting(MemoryBroker):
    """A broker whose catching up leaves one happening out."""

    async def since(self, sequence):
        whole = await super().since(sequence)
        return whole._replace(reports=whole.reports[1:])


class Renaming(MemoryBroker):
    """A broker whose lookup names executions differently."""

    async def find(self, id, instrument=-1, side=0):  # noqa: A002, ARG002 - our word for it; the id is enough
        found = await super().find(id)
        return found._replace(reports=tuple(one._replace(execution=f"x{one.execution}") for one in found.reports))


class Denying(MemoryBroker):
    """A broker that calls an order refused because it got no answer."""

    async def place(self, order):
        answer = await super().place(order)
        return answer._replace(outcome="refused") if answer.outcome == "unknown" else answer


class Resending(MemoryBroker):
    """A broker that sends again what was not answered."""

    async def place(self, order):
        answer = await super().place(order)
        if answer.outcome == "unknown":
            await super().place(order)
        return answer


LIARS = {
    "everything_since_a_sequence_is_told_in_order_and_each_once": Forgetting,
    "an_answer_a_stream_and_a_lookup_tell_of_the_same_happening_by_the_same_name": Renaming,
    "an_order_whose_answer_was_lost_is_unknown_and_then_found_done_once": Denying,
    "an_order_that_never_arrived_is_unknown_and_then_absent": Resending,
}


@pytest.mark.parametrize(("name", "lying"), LIARS.items())
def test_an_adapter_that_lies_is_caught_by_the_scenario_for_it(name, lying):
    world_class = type("Lying", (MemoryWorld,), {"broker": lying})

    async def run():
        async with world_class() as world:
            await SCENARIOS[name][0](world)

    with pytest.raises(AssertionError):
        asyncio.run(run())


@pytest.mark.parametrize(
    "name",
    ["a_query_that_fails_raises_and_never_says_none", "a_part_of_a_picture_is_never_given_for_the_whole"],
)
def test_an_adapter_that_guesses_is_caught(name):
    world_class = type("Lying", (MemoryWorld,), {"broker": Guessing})

    async def run():
        async with world_class() as world:
            await SCENARIOS[name][0](world)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        asyncio.run(run())


@pytest.mark.parametrize("scope", ["open", "echo", "forever"])
def test_a_wrong_claim_about_ids_is_caught(scope):
    """The exchange refuses ids in its own way, the adapter declares another."""
    real = {"open": "forever", "echo": "open", "forever": "open"}[scope]

    class Claiming(MemoryBroker):
        def __init__(self, exchange):
            super().__init__(exchange)
            self.capabilities = exchange.capabilities._replace(id_scope=scope)

    world_class = type("Lying", (MemoryWorld,), {"broker": Claiming, "declared": CAPABILITIES._replace(id_scope=real)})

    async def run():
        async with world_class() as world:
            await SCENARIOS["the_same_id_is_refused_as_long_as_is_declared"][0](world)

    with pytest.raises(AssertionError):
        asyncio.run(run())
