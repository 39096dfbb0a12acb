"""A rung of `bench.breakdown`: is shown the bars strategy B is shown and does nothing."""


def on_m5(state, bar, memory, params):
    """Nothing happens."""


def on_m15(state, bar, memory, params):
    """Nothing happens."""


def on_h1(state, bar, memory, params):
    """Nothing happens."""


def on_h4(state, bar, memory, params):
    """Nothing happens."""


def on_d1(state, bar, memory, params):
    """Nothing happens."""
