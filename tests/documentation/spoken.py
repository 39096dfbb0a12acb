"""Commands as the documentation writes them, held against the command line there is.

A command in a block that a reader copies is parsed whole, as the command line itself would parse it, and not run. In
prose and in synopses, where NAME and [--option] stand for something, only the verb and the options are looked up.
"""

import re
import shlex

import typer

from tradewind.cli import app

TREE = typer.main.get_command(app)
USAGE = typer.BadParameter.__mro__[1]
"""What Typer raises for whatever is wrong with how a command is written; it has no public name."""
SEPARATOR = re.compile(r"^(?:[();|&]|&&|\|\|)+$")
REDIRECTIONS = ("<", ">", ">>")
ASSIGNMENT = re.compile(r"^[A-Z_]+=")


def programs(script):
    """Return the words of every program a shell script starts, without its redirections and assignments."""
    found = []
    for line in script.replace("\\\n", " ").splitlines():
        shell = shlex.shlex(line, posix=True, punctuation_chars=True)
        shell.whitespace_split = True
        words = []
        for word in [*shell, ";"]:
            if SEPARATOR.match(word):
                found += [words] if (words := _started(words)) else []
                words = []
            else:
                words.append(word)
    return found


def commands(script):
    """Return the words of every `tradewind ...` in a shell script."""
    return [words for words in programs(script) if words[0] == "tradewind"]


def _started(words):
    """Return the words of one program, without what the shell and its like keep for themselves."""
    if any(word in REDIRECTIONS for word in words):
        words = words[: next(place for place, word in enumerate(words) if word in REDIRECTIONS)]
    while words and (ASSIGNMENT.match(words[0]) or words[0] in ("sudo", "exec", "nohup")):
        words = words[1:]
    return words


def wrong_with(words):
    """Return what the command line has against a command; "" if it would run it."""
    command, left = TREE, words[1:]
    while inner := _verbs(command):
        if not left:
            return f"{' '.join(words)} wants a verb"
        if left[0] not in inner:
            return f"{' '.join(words)}: there is no {left[0]!r}"
        command, left = inner[left[0]], left[1:]
    try:
        if "--help" not in left:
            command.make_context(words[1], left)
    except USAGE as error:
        return f"{' '.join(words)}: {error.format_message()}"
    return ""


def _verbs(command):
    """Return the commands inside a command, by name."""
    return getattr(command, "commands", {})


def unknown_in(text):
    """Return the verb or option that is not there, of a command with placeholders; "" if all are."""
    command = TREE
    for word in text.split()[1:]:
        plain = word.strip("[]().,:;")
        if _verbs(command) and re.fullmatch(r"[a-z][a-z-]*", plain):
            if plain not in _verbs(command):
                return f"{text}: there is no {plain!r}"
            command = _verbs(command)[plain]
        elif _verbs(command):
            return ""  # `tradewind db init|check`, `tradewind ...`: several at once
        elif plain.startswith("--"):
            options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
            if (name := plain.split("=")[0].split("|")[0]) not in options:
                return f"{text}: there is no {name}"
    return ""
