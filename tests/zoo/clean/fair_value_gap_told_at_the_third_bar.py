"""A gap between three bars is told when the third has closed."""


def signals(bars):
    return (bars.low > bars.high.shift(2)).astype(int)
