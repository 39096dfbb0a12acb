"""A swing high is told two bars late, when the bars on its right have closed."""


def signals(bars):
    middle = bars.high.shift(2)
    return (middle == bars.high.rolling(5).max()).astype(int)
