"""An hour resampled with the label on its left is known from its first minute."""


def signals(bars):
    hours = bars.close.resample("1h").last()
    return hours.reindex(bars.index, method="ffill")
