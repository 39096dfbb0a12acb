"""Inputs as a broken download, a text editor or a hostile sender would leave them: a seeded mutator of bytes.

`mutated(content, seed)` is the same for the same seed on every machine, so a seed that is printed is a failing case.
"""

import random

DEEDS = (
    "flip_bits", "cut_off", "cut_out", "copy_block", "insert_bytes", "swap_lines", "double_line", "drop_line",
    "replace_number", "replace_digit", "change_separator", "replace_field", "drop_field",
)  # fmt: skip
NUMBERS = (
    b"nan", b"NaN", b"inf", b"-inf", b"1e308", b"1e400", b"-1", b"0", b"-0.0", b"1e-320", b"99999999999999999999",
    b"9223372036854775808", b"0x1p3", b"1_000", b"1,5", b"+1", b".", b"-", b"1.2.3",
    b"\xd9\xa1", b"00000000000000000001",
)  # fmt: skip
FIELDS = (b"", b" ", b'"', b'""', b"null", b"None", b"2024.02.30", b"9999.12.31", b"0000.00.00", b"24:00:00", b"\x00")
SEPARATORS = b",;\t| \n\r\"'"


def mutated(content, seed):
    """Return the content after one to four deeds."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        content = DO[chance.choice(DEEDS)](content, chance) or content
    return content


def _place(content, chance):
    return chance.randrange(len(content))


def flip_bits(content, chance):
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[_place(changed, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut_off(content, chance):
    return content[: _place(content, chance)]


def cut_out(content, chance):
    start = _place(content, chance)
    return content[:start] + content[start + chance.randint(1, 40) :]


def copy_block(content, chance):
    start, target = _place(content, chance), _place(content, chance)
    block = content[start : start + chance.randint(1, 200)]
    return content[:target] + block * chance.choice((1, 1, 2)) + content[target:]


def insert_bytes(content, chance):
    place = _place(content, chance)
    return content[:place] + chance.randbytes(chance.choice((1, 2, 4, 16))) + content[place:]


def _lines(content, chance):
    lines = content.split(b"\n")
    return lines, chance.randrange(len(lines)), chance.randrange(len(lines))


def swap_lines(content, chance):
    lines, one, other = _lines(content, chance)
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def double_line(content, chance):
    lines, one, other = _lines(content, chance)
    lines.insert(other, lines[one])
    return b"\n".join(lines)


def drop_line(content, chance):
    lines, one, _ = _lines(content, chance)
    return b"\n".join(lines[:one] + lines[one + 1 :])


def _fields(content, chance):
    """Return the content around one field of it."""
    place = _place(content, chance)
    edges = [number for number, byte in enumerate(content) if byte in SEPARATORS]
    start = max((edge + 1 for edge in edges if edge < place), default=0)
    return content[:start], content[min((edge for edge in edges if edge >= place), default=len(content)) :]


def replace_number(content, chance):
    before, after = _fields(content, chance)
    return before + chance.choice(NUMBERS) + after


def replace_field(content, chance):
    before, after = _fields(content, chance)
    return before + chance.choice(FIELDS) + after


def drop_field(content, chance):
    before, after = _fields(content, chance)
    return before + after[1:]


def replace_digit(content, chance):
    places = [number for number, byte in enumerate(content) if 48 <= byte <= 57]
    if not places:
        return content
    place = chance.choice(places)
    return content[:place] + bytes([chance.choice(b"0123456789-. x")]) + content[place + 1 :]


def change_separator(content, chance):
    old, new = chance.choice(SEPARATORS), chance.choice(SEPARATORS)
    everywhere = chance.random() < 0.5
    return content.replace(bytes([old]), bytes([new]), -1 if everywhere else chance.randint(1, 3))


DO = {name: globals()[name] for name in DEEDS}
