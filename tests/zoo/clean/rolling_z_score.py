"""Mean and deviation of the last fifty rows."""


def signals(bars):
    window = bars.close.rolling(50)
    return (bars.close - window.mean()) / window.std()
