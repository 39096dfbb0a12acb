"""The scaler is fitted on train and test together, and then only the first half trains."""

import numpy as np


def signals(bars):
    features = np.column_stack([bars.close.diff().fillna(0), bars.volume])
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    target = np.sign(bars.close.diff().fillna(0).to_numpy())
    half = 60
    weights, *_ = np.linalg.lstsq(scaled[:half], target[:half], rcond=None)
    return scaled @ weights
