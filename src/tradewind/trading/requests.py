"""What the trader wants from the outside: orders to be sent and questions to be asked, each with a number.

Whoever carries them out answers with the same number. A send is carried out once, and only after everything that led to
it is durable; a question may be asked again.
"""

from typing import Any, NamedTuple

from tradewind.broker import Cancel, Place, Replace


class Send(NamedTuple):
    """An order, a cancel or a change for the broker."""

    number: int
    what: Place | Cancel | Replace
    order: int
    """The kernel's number of the order it concerns; 0 for an order the kernel does not know."""
    deadline: int
    """Wall ns after which it must not be sent any more: a decision does not keep."""


class Ask(NamedTuple):
    """A question to the broker: "find" an id, what happened "since" a sequence, or the whole "picture"."""

    number: int
    what: str
    about: str = ""


class Alert(NamedTuple):
    """Something a person should know; `kind` is one of `notify`'s."""

    kind: str
    text: str
    level: str = "info"
    facts: Any = None


Request = Send | Ask
