"""The last n values, in a ring: what every moving window is built on.

A record with the fields `seen` (how many values so far), `place` (where the next one goes) and `values` (a ring of
fixed capacity) has a window. When `place` has come back to 0 a *lap* is complete and the ring reads oldest to newest.
Indicators that keep running sums add them up afresh at the end of each lap, so that rounding never piles up, however
long they run. One record serves one length: give every call the same n.
"""

from tradewind.kernel.compiled import compiled


@compiled(inline=True)
def remember(memory, value, length):
    """`value` is in the window; return the value that left it, 0.0 while fewer than `length` were seen."""
    place = memory.place
    leaving = memory.values[place]
    memory.values[place] = value
    memory.seen += 1
    # A comparison, because dividing 64-bit integers costs more than all the rest.
    memory.place = place + 1 if place + 1 < length else 0
    return leaving
