"""Drills: real processes, killed for real, and a table of what was proved afterwards.

The venue is the simulated OANDA with prices that walk at random, the trader the one that trades live, under its keeper.
Both run on a clock of their own, a Wednesday afternoon, because a drill must work on a Sunday too.
"""
