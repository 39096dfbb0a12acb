"""An average of TA-Lib on the series turned round."""

import numpy as np
import talib


def signals(bars):
    return talib.EMA(np.ascontiguousarray(bars.close.to_numpy()[::-1]), 10)[::-1]
