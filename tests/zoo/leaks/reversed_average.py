"""An average of the reversed series runs from the end."""


def signals(bars):
    return bars.close[::-1].ewm(span=20).mean()[::-1]
