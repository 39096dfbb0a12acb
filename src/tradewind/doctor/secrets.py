"""Secrets: there, ours, readable by nobody else, and none that a stranger would guess first."""

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding
from tradewind.secret_files import files_of, weaknesses
from tradewind.settings import Settings

AREA = "secrets"


def secrets(settings: Settings) -> list[Finding]:
    """Return what is wrong with the files of secrets that the settings lead to, or that nothing is."""
    found = [
        Finding(AREA, one.name, BAD if one.grave else WARNING, one.says, one.cure, limit=one.limit)
        for one in weaknesses(settings)
    ]
    count = len(files_of(settings)) + (settings.data / "entrance.sqlite").is_file()
    if not count and not found:
        return [Finding(AREA, "files", UNUSED, "the settings lead to none")]
    return found or [Finding(AREA, "files", GOOD, f"{count} files, readable by their owner alone")]
