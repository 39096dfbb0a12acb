"""The clock: whether somebody outside vouches for it, and whether zones are known to change when they do.

A broker's clock is the best witness, because its times are those that count: what each trader measured of it is judged
with its account. Without one, the system's own time service is asked; that it is not there proves nothing and warns.
"""

import shutil
import subprocess
import zoneinfo
from datetime import UTC, datetime, timedelta

from tradewind.doctor.finding import BAD, GOOD, WARNING, Finding
from tradewind.settings import Settings

AREA = "clock"
NEW_YORK = "America/New_York"
ASK_S = 2.0


def clock(_settings: Settings) -> list[Finding]:
    """Return whether the clock is kept by somebody and the zones are right."""
    return [_kept(), _zones(datetime.now(UTC).year)]


def _kept() -> Finding:
    program = shutil.which("timedatectl")
    told = ""
    if program:
        try:
            told = subprocess.run(  # noqa: S603 - a program of the system, our own words
                [program, "show", "--property=NTPSynchronized", "--value"],
                capture_output=True, text=True, check=False, timeout=ASK_S,
            ).stdout.strip()  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            told = ""
    if told == "yes":
        return Finding(AREA, "kept", GOOD, "The system says that the clock is synchronised", age_s=0.0)
    if told == "no":
        return Finding(AREA, "kept", BAD, "The clock is not synchronised.", "Run `timedatectl set-ntp true`.")
    says = "Nobody on this machine says whether the clock is kept."
    return Finding(AREA, "kept", WARNING, says, "Install chrony, or see that the host of a container keeps time.")


def _zones(year: int) -> Finding:
    """Return whether New York changes its clock on the second Sunday of March, as its law says."""
    try:
        zone = zoneinfo.ZoneInfo(NEW_YORK)
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding(AREA, "zones", BAD, f"{NEW_YORK} is not known.", "Run `pip install --upgrade tzdata`.")
    first = datetime(year, 3, 1, 12, tzinfo=UTC)
    sunday = first + timedelta(days=(6 - first.weekday()) % 7 + 7)
    before, after = (sunday + timedelta(days=days) for days in (-1, 1))
    offsets = [moment.astimezone(zone).utcoffset() for moment in (before, after)]
    if offsets != [timedelta(hours=-5), timedelta(hours=-4)]:
        says = f"{NEW_YORK} does not change its clock on {sunday:%Y-%m-%d}."
        return Finding(AREA, "zones", BAD, says, "Run `pip install --upgrade tzdata`.")
    return Finding(AREA, "zones", GOOD, f"{NEW_YORK} changes on {sunday:%Y-%m-%d}, as it should")
