"""Speed, measured in one run: ours against a bare Numba loop and against peers on the same tape.

Nothing here asserts a time. Every number is a best of several on whatever machine runs it, so only the ratios
inside one table mean something.
"""
