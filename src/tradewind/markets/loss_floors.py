"""The equity floors of loss rules, as prop firms write them; all amounts are minor units of the account.

A rule takes an amount from a base. What differs is the base: the balance when the day began, the initial capital, or
the highest end-of-day balance, which trails upward and may stop at a lock. Equity strictly below a floor is a breach.
Source: the firms' own help pages, as collected in the project's domain rules 5.4.
"""


def daily_floor(base: int, amount: int) -> int:
    """Return the floor of the day that began with `base`."""
    return base - amount


def static_floor(initial: int, amount: int) -> int:
    """Return the floor that never moves."""
    return initial - amount


def trailing_floor(initial: int, highest: int, amount: int, lock: int | None = None) -> int:
    """Return the floor that follows the highest balance so far, but no further than `lock`."""
    floor = max(initial, highest) - amount
    return floor if lock is None else min(floor, lock)


def is_breach(equity: int, floor: int) -> bool:
    """Return whether `equity` breaks the floor: it lies strictly below."""
    return equity < floor
