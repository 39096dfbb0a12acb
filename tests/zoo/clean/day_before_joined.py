"""Yesterday's bar, from the open of today on."""


def signals(bars, d1):
    return bars.close - d1.close.shift(1).reindex(bars.index, method="ffill")
