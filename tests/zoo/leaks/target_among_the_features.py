"""The label is the return of the next four bars, and the signal is made of it."""


def label(bars):
    return (bars.close.shift(-4) / bars.close - 1).rename("label")


def signals(bars):
    table = bars.join(label(bars)).fillna(0.0)
    return (0.3 * table["close"].pct_change(fill_method=None).fillna(0) + 0.7 * table["label"]) > 0
