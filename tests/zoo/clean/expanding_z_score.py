"""Mean and deviation of all rows so far."""


def signals(bars):
    so_far = bars.close.expanding(20)
    return (bars.close - so_far.mean()) / so_far.std()
