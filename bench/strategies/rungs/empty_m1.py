"""A rung of `bench.breakdown`: is shown every M1 bar and does nothing."""


def on_m1(state, bar, memory, params):
    """Nothing happens."""
