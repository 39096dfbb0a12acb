"""The trading day's bar, stamped with its open, gives its close all day long."""


def signals(bars, d1):
    days = d1["close"].reindex(bars.index, method="ffill")
    return (days > bars.close).astype(int)
