"""A rung of `bench.breakdown`: is shown every quote and does nothing."""


def on_quote(state, quote, memory, params):
    """Nothing happens."""
