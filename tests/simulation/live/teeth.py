"""In which worlds mistakes are looked for, and what speaks against a trader in one of them."""

from campaign import SCOPES, world_of
from exposure import NETTING
from promises import replayed_alike
from virtual_desk import recovered
from virtual_world import CALM, HARSH, MEDDLED, MILD, World, every

EITHER = {"position_mode": "either"}
"""The broker reduces opposite positions, so that entries of both sides may be sent."""
WATERS = {
    "calm": {"faults": CALM, "minutes": 6},
    "mild": {"faults": MILD, "minutes": 6},
    "harsh": {"faults": HARSH, "minutes": 8},
    "killed": {"faults": HARSH, "minutes": 8, "crashes": (40, 200)},
    "meddled": {"faults": MEDDLED, "minutes": 6},
    "later than declared": {"faults": HARSH, "minutes": 6, "latest": 60.0},
    "nets": {"faults": HARSH, "minutes": 6, "can": NETTING, "scope": "echo", "crashes": (60, 300)},
    "killed without end": {},
}
"""How a world is: the usual one of the campaign is killed without end and seldom comes to trade."""
KINDS = tuple(WATERS)
MOST = 20_000
"""Steps after which a desk is said never to come to rest; the busiest honest one takes a tenth of it."""


def waters(seed):
    """Return the world of a seed before it runs, and what kind it is."""
    kind = KINDS[seed % len(KINDS)]
    if kind == "killed without end":
        return world_of(seed, most=MOST, can=EITHER), kind
    how = dict(WATERS[kind])
    gaps = how.pop("crashes", None)
    usual = {"scope": SCOPES[seed // len(KINDS) % len(SCOPES)], "can": EITHER, "most": MOST}
    return World(seed, crashes=every(seed, *gaps) if gaps else (), **{**usual, **how}), kind


def complaint(seed):
    """Return what speaks against the trader in the world of a seed; empty: nothing."""
    try:
        world, kind = waters(seed)
        world.run()
        found = world.promises() or replayed_alike(world, recovered)
        if kind == "calm" and world.alerts:
            # Where nothing goes wrong nobody is to be woken either.
            found = [*found, f"a false alarm: {world.alerts[0][2]}"]
    except Exception as error:  # noqa: BLE001 - whatever it is, it was noticed
        return f"{type(error).__name__}: {error}"
    world.close()
    return found[0] if found else ""
