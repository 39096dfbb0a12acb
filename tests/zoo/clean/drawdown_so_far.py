"""The fall from the highest close so far."""


def signals(bars):
    return bars.close / bars.close.cummax() - 1
