"""A shift by minus one is tomorrow's close today."""


def signals(bars):
    return (bars.close.shift(-1) > bars.close).astype(int)
