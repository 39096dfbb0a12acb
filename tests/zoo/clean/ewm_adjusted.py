"""adjust=True weighs by how many rows there are so far: it looks unfamiliar, and only back."""


def signals(bars):
    return bars.close.ewm(span=20, adjust=True).mean() - bars.close.ewm(span=50, adjust=False).mean()
