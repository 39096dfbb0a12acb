"""Chance with a seed, drawn in the order of the rows."""

import numpy as np


def signals(bars):
    return np.random.default_rng(11).normal(size=len(bars)) * (bars.close > bars.open)
