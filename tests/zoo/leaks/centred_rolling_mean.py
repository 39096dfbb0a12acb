"""A centred window averages bars that come after the row."""


def signals(bars):
    return (bars.close > bars.close.rolling(9, center=True).mean()).astype(int)
