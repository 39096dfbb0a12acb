"""Trials as the ledger's tests make them."""

import numpy as np

from tradewind.research.ledger import made_trial


def trial(number=1, family="breakouts", returns=None, first=20_000, **changed):
    """Return a trial with a digest of its own; its returns are a seeded walk unless given."""
    if returns is None:
        returns = np.random.default_rng(number).normal(0, 0.01, 60)
    given = {
        "strategy": family, "params": {"fast": str(number)}, "symbols": ["US30"], "period": (0, 10**18),
        "dates": np.arange(first, first + len(returns)), "returns": np.asarray(returns), "source": "backtest",
    }  # fmt: skip
    return made_trial(family, changed.pop("digest", f"digest-{number}"), **given | changed)
