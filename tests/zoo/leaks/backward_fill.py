"""A backward fill writes the next swing's price into the rows before it."""


def signals(bars):
    every_tenth = bars.close.where(bars.index.minute == 0)
    return every_tenth.bfill()
