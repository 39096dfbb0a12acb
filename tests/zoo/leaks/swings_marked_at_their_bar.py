"""A swing high is marked at its own bar although two bars on its right must close first."""


def signals(bars):
    window = bars.high.rolling(5).max().shift(-2)
    return (bars.high == window).astype(int)
