"""How long positions are open without a stop where the broker attaches none: each stop is an order after the fill."""

NETTING = {"attached_stops": False, "position_mode": "netting", "tells_money": False}
"""A stop is an order of its own that opens a position where there is none to reduce."""


def note_exposure(world):
    """Positions that are without a whole stop at this moment are known, and for how long the others had been."""
    bare = world.broker.bare()
    for name in [one for one in world.exposed if one not in bare]:
        world.exposures.append((world.now - world.exposed.pop(name)) / 1e9)
    for name in bare:
        world.exposed.setdefault(name, world.now)
