"""London's high, from the end of London on."""


def signals(bars):
    hours = bars.index.hour
    london = bars.high.where((hours >= 7) & (hours < 12))
    so_far = london.groupby(bars.index.date).cummax().groupby(bars.index.date).ffill()
    return so_far.where(hours >= 12)
