"""What runs at the forge: pinned to the commit, allowed as little as it can do with, and never longer than it may.

A workflow is a program with keys that strangers can make run. So each rule here shuts a door by which others came in:
a tag that was moved to another commit, a title of a pull request that a shell read as a command, a token that lay in
the folder of a checkout, a job that was allowed everything because nobody said what.
"""

import re

import pytest
import yaml
from compose_file import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
FROM_OUTSIDE = re.compile(r"\$\{\{")
LONGEST = 350
SIGNED_BY = {"publish": {"id-token": "write"}, "attest": {"id-token": "write", "attestations": "write"}}
"""Jobs that may speak in the project's name."""


def faults(text):
    """Return what is wrong with a workflow, in words."""
    told = yaml.safe_load(text)
    begun_by = told[True]  # YAML reads `on` as a truth
    names = begun_by if isinstance(begun_by, dict) else {begun_by: None}
    found = [
        f"{one} runs with our keys what others wrote" for one in ("pull_request_target", "workflow_run") if one in names
    ]
    found += [f"{line.strip()} is not pinned" for line in text.splitlines()
              if "uses:" in line and not line.strip().startswith("#") and not PINNED.search(line)]  # fmt: skip
    if told.get("permissions") != {}:
        found.append("what no job asks for is allowed")
    if "concurrency" not in told:
        found.append("it may run beside itself")
    for name, job in told["jobs"].items():
        found += [f"{name}: {one}" for one in job_faults(name, job)]
    return found


def job_faults(name, job):
    """Return what is wrong with one job."""
    found = []
    if not 0 < job.get("timeout-minutes", 0) <= LONGEST:
        found.append("it has no end")
    allowed = job.get("permissions")
    if not isinstance(allowed, dict) or not allowed:
        found.append("it does not say what it may")
    elif "id-token" in allowed and allowed != SIGNED_BY.get(name):
        found.append("it may sign")
    if re.search(r"latest", f"{job['runs-on']} {job.get('container', '')}"):
        found.append("nobody knows where it runs")
    for step in job["steps"]:
        if (
            step.get("uses", "").startswith("actions/checkout@")
            and step.get("with", {}).get("persist-credentials") is not False
        ):
            found.append("its checkout keeps the token")
        if FROM_OUTSIDE.search(step.get("run", "")):
            found.append("a shell reads what others wrote")
        if re.search(r"secrets\.|password|PYPI_API_TOKEN", str(step)):
            found.append("it has a secret that could be stolen")
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_have_no_fault(path):
    assert faults(path.read_text(encoding="utf-8")) == []


GOOD = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("  pull_request:", "  pull_request_target:", "pull_request_target runs with our keys"),
        (" # v7.0.1", "", "is not pinned"),
        ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7", "is not pinned"),
        ("3d3c42e5aac5ba805825da76410c181273ba90b1", "3d3c42e", "is not pinned"),
        ("permissions: {}", "permissions: read-all", "what no job asks for is allowed"),
        ("permissions: {}\n", "", "what no job asks for is allowed"),
        ("    permissions:\n      contents: read\n", "", "it does not say what it may"),
        ("contents: read", "id-token: write", "it may sign"),
        ("    timeout-minutes: 120\n", "", "it has no end"),
        ("persist-credentials: false", "persist-credentials: true", "its checkout keeps the token"),
        ("bash .ci/run", "echo ${{ github.event.pull_request.title }}", "a shell reads what others wrote"),
        ("bash .ci/run", "echo ${{ github.ref_name }}", "a shell reads what others wrote"),
        ("ubuntu-24.04", "ubuntu-latest", "nobody knows where it runs"),
        ('python-version: "3.11"', "password: ${{ secrets.PYPI }}", "it has a secret that could be stolen"),
    ],
)
def test_each_fault_of_a_workflow_is_found(old, new, wrong):
    """One thing is made worse, and that is what is told."""
    assert old in GOOD

    assert any(wrong in one for one in faults(GOOD.replace(old, new)))


def jobs(name):
    """Return the jobs of a workflow."""
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))["jobs"]


def commands(name):
    """Return what a workflow's shells run, by job."""
    return {job: [step["run"] for step in told["steps"] if "run" in step] for job, told in jobs(name).items()}


def needed(told, name):
    """Return every job that has to succeed before one."""
    direct = told[name].get("needs", [])
    direct = [direct] if isinstance(direct, str) else direct
    return {one for each in direct for one in (each, *needed(told, each))}


def test_each_workflow_runs_what_it_is_for():
    """The gate runs what anybody runs in a fresh clone; the night runs the long tests and asks for known faults."""
    assert "bash .ci/run" in commands("ci")["test"]
    assert "bash .ci/run soak" in commands("nightly")["soak"]
    assert "make audit" in commands("nightly")["audit"]


def test_nothing_goes_out_before_everything_has_passed():
    """The tag, tests, audit and the second build stand before the attestation, and that before PyPI and the page."""
    told = jobs("release")

    assert needed(told, "attest") == {"check", "test", "audit", "build", "build-again"}
    assert needed(told, "publish") == needed(told, "attest") | {"attest"}
    assert "publish" in needed(told, "page")
    assert not any("if" in job for job in told.values())


def test_verbs_of_make_in_workflows_exist():
    """Every `make` of a workflow, also by way of .ci/run, is a verb of the Makefile."""
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [line for name in ("ci", "nightly", "release") for told in commands(name).values() for line in told]
    named = {word for line in lines for begun in ("make ", "bash .ci/run ") if line.startswith(begun)
             for word in line.removeprefix(begun).split()}  # fmt: skip

    assert {"lint", "site", "soak", "audit", "release", "sbom"} <= named <= verbs


def test_the_container_is_the_python_of_our_image():
    """Tests run with the interpreter that is shipped."""
    shipped = re.search(r"^ARG PYTHON=([\d.]+)-", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)[1]
    images = {
        job["container"] for name in ("ci", "nightly", "release") for job in jobs(name).values() if "container" in job
    }

    assert images == {f"python:{shipped}-bookworm"}
