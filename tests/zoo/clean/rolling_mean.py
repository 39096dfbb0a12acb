"""A trailing window ends at the row."""


def signals(bars):
    return (bars.close > bars.close.rolling(9).mean()).astype(int)
