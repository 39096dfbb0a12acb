"""A cumulative maximum from the end is the highest price still to come."""


def signals(bars):
    still_to_come = bars.high[::-1].cummax()[::-1]
    return bars.close < still_to_come * 0.99
