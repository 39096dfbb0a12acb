"""How a person writes a limit, and how it is shown again: `0.5 %`, `120 min`, `16:55`, `off`.

Reading gives the number of `risk.limits`, cash excepted: that stays in units of the account's currency until the
account is known. A wrong value raises ValueError with a sentence that says what is allowed.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tradewind import money
from tradewind.errors import nearest
from tradewind.markets.hours import DAY_TYPES
from tradewind.risk.limits import GROUP_METHODS, OFF

Value = float | int | Decimal

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(\S*)")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MINUTES = {"": 1, "min": 1, "h": 60}
_SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600}
_DAY_NUMBERS = {name: number for number, name in DAY_TYPES.items()}


def read(unit: str, value: object) -> Value:
    """Return a limit of that unit as a number; OFF where it says "off"."""
    if value == "off" or (value is False and unit == "flag"):
        return OFF
    if isinstance(value, str) and value.strip().lower() == "off":
        raise ValueError('write it as "off"')
    if isinstance(value, bool) and unit != "flag":
        raise ValueError(f"it must be {FORMS[unit]}")
    if isinstance(value, int | float | Decimal) and value == 0:
        raise ValueError('0 does not switch a limit off; write "off" if it shall not hold')
    return _READERS[unit](value)


def _number(value: object, unit: str, scales: Mapping[str, int]) -> Decimal:
    """Return a number with one of the units in `scales`, in the smallest of them."""
    match = _NUMBER.fullmatch(value.strip() if isinstance(value, str) else str(value))
    if match is None or match[2] not in scales:
        raise ValueError(f"it must be {FORMS[unit]}")
    try:
        result = Decimal(match[1]) * scales[match[2]]
    except InvalidOperation:
        raise ValueError(f"it must be {FORMS[unit]}") from None
    if result == 0:
        raise ValueError('0 does not switch a limit off; write "off" if it shall not hold')
    return result


def _share(value: object) -> float:
    per_cent = isinstance(value, str)
    share = _number(value, "share", {"%": 1} if per_cent else {"": 1})
    share = share / 100 if per_cent else share
    if share > 1:
        raise ValueError(f'{value} is more than everything; write "{value} %" for per cent')
    return float(share)


def _whole(unit: str, scales: Mapping[str, int]) -> Callable[[object], int]:
    def reader(value: object) -> int:
        number = _number(value, unit, scales)
        if number != int(number):
            raise ValueError(f"it must be {FORMS[unit]}")
        return int(number)

    return reader


def _multiple(value: object) -> float:
    return float(_number(value, "multiple", {"": 1}))


def _time(value: object) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"it must be {FORMS['time']}")
    return int(match[1]) * 60 + int(match[2])


def _flag(value: object) -> int:
    if value is not True:
        raise ValueError(f"it must be {FORMS['flag']}")
    return 1


def _cash(value: object) -> Decimal:
    return _number(value, "cash", {"": 1})


def _day_types(value: object) -> int:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"it must be {FORMS['day types']}")
    for name in value:
        if name not in _DAY_NUMBERS:
            raise ValueError(f"{name!r} is no day type.{nearest(name, _DAY_NUMBERS)} Known: {', '.join(_DAY_NUMBERS)}")
    return sum(1 << _DAY_NUMBERS[name] for name in set(value))


def _method(value: object) -> int:
    if value not in GROUP_METHODS:
        raise ValueError(f"it must be {FORMS['method']}")
    return GROUP_METHODS.index(str(value))


FORMS = {
    "share": 'a share such as "0.5 %" or 0.005',
    "multiple": "a number",
    "R": "a number of R such as -0.25",
    "count": "a whole number",
    "minutes": 'whole minutes such as 120 or "2 h"',
    "seconds": 'seconds such as 2 or "2 s"',
    "time": 'a New York time such as "16:55"',
    "flag": 'true or "off"',
    "cash": "an amount in the account's currency",
    "lots": "a number of lots",
    "price": "a distance in price units",
    "day types": 'a list such as ["full"]',
    "method": f"one of {', '.join(GROUP_METHODS)}",
}
"""What to write, for errors and for the documentation."""

_READERS: dict[str, Callable[[Any], Value]] = {
    "share": _share,
    "multiple": _multiple,
    "R": _multiple,
    "count": _whole("count", {"": 1}),
    "minutes": _whole("minutes", _MINUTES),
    "seconds": lambda value: float(_number(value, "seconds", _SECONDS)),
    "time": _time,
    "flag": _flag,
    "cash": _cash,
    "lots": _multiple,
    "price": _multiple,
    "day types": _day_types,
    "method": _method,
}


def shown(unit: str, value: Value, currency: str) -> str:
    """Return a limit of `risk.limits` as a person writes it; cash is given in minor units."""
    if value == OFF and unit != "R":
        return "off"
    if unit == "share":
        return f"{value * 100:.10g} %"
    if unit == "time":
        return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
    if unit == "cash":
        return f"{money.amount(int(value), currency):,f} {currency}"
    if unit == "day types":
        return ", ".join(name for number, name in sorted(DAY_TYPES.items()) if int(value) >> number & 1)
    if unit == "method":
        return GROUP_METHODS[int(value)]
    if unit == "flag":
        return "yes"
    return f"{float(value):.10g}{_SUFFIXES.get(unit, '')}"


_SUFFIXES = {"minutes": " min", "seconds": " s", "lots": " lots", "R": " R"}
