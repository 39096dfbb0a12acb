"""The table of scenarios, and the test that plays all of them that a world can play."""

import asyncio

import pytest

SCENARIOS = {}


def scenario(*needs):
    """Register a scenario with the faults it needs."""

    def register(work):
        SCENARIOS[work.__name__] = (work, frozenset(needs))
        return work

    return register


def conformance(world_class):
    """Return one test that runs every scenario the world can play."""
    import broker_scenarios  # noqa: F401, PLC0415  they register themselves
    import broker_scenarios_told  # noqa: F401, PLC0415  they register themselves

    able = [name for name, (_, needs) in SCENARIOS.items() if not needs & world_class.cannot]

    @pytest.mark.parametrize("name", able)
    def test_every_scenario_it_can_play(name):
        async def run():
            async with world_class() as world:
                await SCENARIOS[name][0](world)

        asyncio.run(run())

    return test_every_scenario_it_can_play
