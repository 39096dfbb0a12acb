"""TA-Lib's averages and ranges look back."""

import talib


def signals(bars):
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    return {"rsi": talib.RSI(close, 14), "atr": talib.ATR(high, low, close, 14), "sar": talib.SAR(high, low)}
