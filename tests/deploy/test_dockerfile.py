"""What a linter of Dockerfiles would ask for, and what our image promises beyond that."""

import re
import shlex

import pytest
from compose_file import DEPLOY, ROOT

KNOWN = {"ADD", "ARG", "FROM", "ENV", "WORKDIR", "COPY", "SHELL", "RUN", "USER", "ENTRYPOINT", "CMD"}
EXTRAS = ("stack", "serve", "notify", "fix")


def instructions(source):
    """Return (instruction, rest) for each of a Dockerfile, continued lines joined and remarks left out."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def faults(source):
    """Return what is wrong with a Dockerfile, in words."""
    told, found = instructions(source), []
    arguments = dict(rest.split("=", 1) for what, rest in told if what == "ARG" and "=" in rest)
    stages = [rest.split(" AS ")[1] for what, rest in told if what == "FROM" and " AS " in rest]
    for what, rest in told:
        if what not in KNOWN:
            found.append(f"{what} is not used here")
        if what == "FROM":
            image = re.sub(r"\$\{(\w+)\}", lambda name: arguments.get(name[1], ""), rest.split()[0])
            if image not in stages and not re.search(r":\d+\.\d+\.\d+", image):
                found.append(f"{image} is not pinned")
        if what == "RUN":
            found += run_faults(rest)
        if what in {"ENV", "ARG"} and re.search(r"pass|secret|token", rest, re.IGNORECASE):
            found.append(f"{what} holds a secret")
        if what in {"CMD", "ENTRYPOINT"} and not rest.startswith("["):
            found.append(f"{what} goes through a shell")
        if what == "WORKDIR" and not rest.startswith("/"):
            found.append("WORKDIR is relative")
        if what == "ADD" and not re.match(r"--checksum=sha256:[0-9a-f]{64} ", rest):
            found.append("ADD takes what nobody knows the hash of")
        if what == "COPY" and rest.split()[0] in {".", "./"}:
            found.append("COPY takes everything")
    last = [(what, rest) for what, rest in told[max(i for i, (what, _) in enumerate(told) if what == "FROM") :]]
    users = [rest for what, rest in last if what == "USER"]
    if not users or users[-1].split(":")[0] in {"root", "0"}:
        found.append("it ends as root")
    return found


def run_faults(words):
    """Return what is wrong with one RUN."""
    found = []
    if re.search(r"\bsudo\b|\bcurl\b|\bwget\b|\bchmod\s+777", words):
        found.append("RUN fetches or widens what it should not")
    if "apt-get install" in words and not ("--no-install-recommends" in words and "rm -rf /var/lib/apt/lists" in words):
        found.append("apt leaves its lists or brings what nobody asked for")
    if re.search(r"\bcd\s", words):
        found.append("RUN changes the folder; WORKDIR does")
    if "|" in words and "pipefail" not in words and "||" not in words:
        found.append("a pipe hides a failure")
    if "pip install" in words and "--require-hashes" not in words:
        found.append("pip installs without hashes")
    if "uv sync" in words and "--frozen" not in words:
        found.append("uv does not keep to the lock")
    return found


def own(name="Dockerfile"):
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Dockerfile", "kafka.Dockerfile"])
def test_our_images_have_no_fault(name):
    assert faults(own(name)) == []


def test_kafka_is_the_version_that_runs_without_containers_and_so_is_its_agent():
    pom = (ROOT / "src" / "tradewind" / "stack" / "kafka.pom.xml").read_text(encoding="utf-8")
    text = own("kafka.Dockerfile")
    server, agent = (
        re.search(r"^FROM apache/kafka:(\S+)$", text, re.MULTILINE),
        re.search(r"javaagent-(\S+)\.jar", text),
    )

    assert f"<artifactId>kafka_2.13</artifactId><version>{server[1]}</version>" in pom
    assert f"<artifactId>jmx_prometheus_javaagent</artifactId><version>{agent[1]}</version>" in pom


GOOD = 'FROM python:3.11.1\nUSER 5\nCMD ["x"]\n'


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (GOOD, []),
        (GOOD.replace(":3.11.1", ":latest"), ["python:latest is not pinned"]),
        (GOOD.replace(":3.11.1", ""), ["python is not pinned"]),
        ("ARG V=3.11\n" + GOOD.replace("3.11.1", "${V}"), ["python:3.11 is not pinned"]),
        (GOOD.replace("USER 5\n", ""), ["it ends as root"]),
        (GOOD + "USER root\n", ["it ends as root"]),
        ("FROM python:3.11.1 AS a\nUSER 5\n" + GOOD.replace("USER 5\n", ""), ["it ends as root"]),
        (GOOD + "ADD x /x\n", ["ADD takes what nobody knows the hash of"]),
        (GOOD + f"ADD --checksum=sha256:{'0' * 64} x /x\n", []),
        (GOOD + "ONBUILD x\n", ["ONBUILD is not used here"]),
        (GOOD + "COPY . /x\n", ["COPY takes everything"]),
        (GOOD + "RUN apt-get install x\n", ["apt leaves its lists or brings what nobody asked for"]),
        (GOOD + "RUN apt-get install --no-install-recommends x && rm -rf /var/lib/apt/lists/*\n", []),
        (GOOD + "RUN pip install x\n", ["pip installs without hashes"]),
        (GOOD + "RUN uv sync\n", ["uv does not keep to the lock"]),
        (GOOD + "RUN a \\\n  | b\n", ["a pipe hides a failure"]),
        (GOOD + "RUN curl x\n", ["RUN fetches or widens what it should not"]),
        (GOOD + "ENV PASSWORD=1\n", ["ENV holds a secret"]),
        (GOOD + "CMD x y\n", ["CMD goes through a shell"]),
        (GOOD + "WORKDIR x\n", ["WORKDIR is relative"]),
    ],
)
def test_each_fault_is_found(source, wrong):
    assert faults(source) == wrong


def test_only_the_last_stage_is_shipped_and_brings_no_tools():
    told = instructions(own())
    last = told[max(at for at, (what, _) in enumerate(told) if what == "FROM") :]

    assert len([what for what, _ in told if what == "FROM"]) == 2
    assert not [rest for what, rest in last if what == "RUN" and re.search(r"\b(?:pip|uv|apt-get)\b", rest)]
    assert ("ENTRYPOINT", '["tradewind"]') in last


def test_what_runs_while_the_image_is_built_is_a_verb_and_sees_no_network():
    from typer.main import get_command  # noqa: PLC0415 - only this test needs it

    from tradewind.cli import app  # noqa: PLC0415 - the same

    runs = [rest for what, rest in instructions(own()) if what == "RUN" and "tradewind demo" in rest]
    words = [
        shlex.split(part)[1]
        for part in re.split(r"&&|;", runs[0].replace("--network=none ", ""))
        if "tradewind " in part
    ]

    assert runs[0].startswith("--network=none ")
    assert set(words) <= set(get_command(app).commands)


def test_the_extras_are_those_of_the_project():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in re.findall(r"--extra (\w+)", own()):
        assert extra in EXTRAS
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE)


def test_what_is_copied_gets_into_the_build_and_nothing_else_does():
    """The first rule shuts everything out; each later one lets one thing back in that the image is made from."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        word.removeprefix("./")
        for what, rest in instructions(own())
        if what == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    }

    assert rules[0] == "*"
    assert copied == let_in
    assert all((ROOT / name).exists() for name in let_in)
    assert {"**/__pycache__", "**/*.pyc"} <= set(rules)
