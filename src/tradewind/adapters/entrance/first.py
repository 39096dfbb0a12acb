"""The first user: one who may do everything, whose password is made by chance, told once and good for one log-in."""

import getpass

from tradewind.adapters.entrance import audit, users
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import SCOPES

NAME = "admin"
HOW = f"tradewind users add {NAME} --scopes {','.join(SCOPES)}"
"""What a person types to make one by hand."""


def make(entrance: Entrance, now: int) -> list[str]:
    """Return the lines that tell the password, for a person's eyes and no log; none where somebody can log in already.

    The user is there, and it stands in the audit trail.
    """
    if users.users(entrance):
        return []
    password = users.new_password()
    users.add_user(entrance, NAME, password, SCOPES, now, once=True)
    audit.note(entrance, (now, f"shell/{getpass.getuser()}", "add user", "done"), {"name": NAME, "first": True})
    return [
        f"There was no user. Log in as {NAME} with this password, which is told once and good for one log-in:",
        f"  {password}",
    ]
