"""What is checked before something is released, tried on small projects with keys that were made for the test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from compose_file import DEPLOY, ROOT
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

RELEASE = DEPLOY / "release"
sys.path.insert(0, str(RELEASE))

import audit  # noqa: E402  the scripts lie beside each other, in no package
import build  # noqa: E402  the same
import sbom  # noqa: E402  the same
import source  # noqa: E402  the same
import tag  # noqa: E402  the same

NOBODY = "# Nobody.\n"


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of version 1.2.3 with two keys, of which one may release."""
    for name, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "project"
    (root / "src" / "tradewind").mkdir(parents=True)
    (root / "src" / "tradewind" / "__init__.py").write_text('"""Ours."""\n\n__version__ = "1.2.3"\n')
    (root / "pyproject.toml").write_text('[project]\nname = "tradewind"\nversion = "1.2.3"\n')
    (root / "CHANGELOG.md").write_text(
        "# Changes\n\n## [Unreleased]\n\n## [1.2.3]\n\nIt is.\n\n## [1.2.2]\n\nIt was.\n"
    )
    run(root, "git", "init", "--quiet", "--initial-branch", "main")
    for key, value in {"user.name": "A", "user.email": "a@example.org", "gpg.format": "ssh"}.items():
        run(root, "git", "config", key, value)
    for who in ("may", "may-not"):
        run(tmp_path, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", who)
    public = (tmp_path / "may.pub").read_text()
    (tmp_path / "signers").write_text(f'a@example.org namespaces="git" {public}')
    commit(root)
    return root


def commit(root):
    run(root, "git", "add", "--all")
    run(root, "git", "commit", "--quiet", "--allow-empty", "--message", "A change")


def signed(root, name="v1.2.3", who="may"):
    run(root, "git", "-c", f"user.signingkey={root.parent / who}", "tag", "--sign", "--message", name, name)


def replaced(root, name, old, new):
    path = root / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    commit(root)


def check(root, name="v1.2.3", branch="main"):
    tag.check_version(root, name)
    tag.check_signature(root, name, root.parent / "signers")
    tag.check_branch(root, branch)


def test_a_tag_that_keeps_its_promise_may_be_released(project):
    signed(project)

    check(project)


@pytest.mark.parametrize(
    ("name", "old", "new", "wrong"),
    [
        ("pyproject.toml", "1.2.3", "1.2.4", "pyproject.toml says 1.2.4"),
        ("src/tradewind/__init__.py", "1.2.3", "1.2.2", "The package does not say"),
        ("CHANGELOG.md", "## [1.2.3]\n\nIt is.", "", "The newest version in CHANGELOG.md is 1.2.2"),
        ("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\nNew.\n", "changes under Unreleased"),
    ],
)
def test_a_tag_that_says_something_else_is_refused(project, name, old, new, wrong):
    """Version, package and changelog agree, or nothing goes out."""
    replaced(project, name, old, new)
    signed(project)

    with pytest.raises(source.Refused, match=wrong):
        check(project)


def test_a_tag_that_nobody_signed_is_refused(project):
    run(project, "git", "tag", "--annotate", "--message", "v1.2.3", "v1.2.3")

    with pytest.raises(source.Refused, match="signed by nobody who may release"):
        check(project)


def test_a_tag_of_a_key_that_may_not_is_refused(project):
    signed(project, who="may-not")

    with pytest.raises(source.Refused, match="signed by nobody who may release"):
        check(project)


def test_a_name_without_an_annotation_is_refused(project):
    run(project, "git", "tag", "v1.2.3")

    with pytest.raises(source.Refused, match="not annotated"):
        check(project)


def test_a_tag_of_another_commit_is_refused(project):
    signed(project)
    commit(project)

    with pytest.raises(source.Refused, match="another commit"):
        check(project)


def test_a_tag_beside_the_branch_is_refused(project):
    run(project, "git", "switch", "--quiet", "--create", "aside")
    commit(project)
    signed(project)

    with pytest.raises(source.Refused, match="not on main"):
        check(project)


def test_without_a_key_nobody_may_release(project):
    """The file of keys as it is shipped lets nobody in until a person has written a key into it."""
    signed(project)
    (project.parent / "signers").write_text(NOBODY)

    with pytest.raises(source.Refused, match="Nobody may release yet"):
        check(project)


def test_a_work_folder_with_changes_is_not_released(project):
    source.require_clean(project)
    (project / "forgotten.py").write_text("")

    with pytest.raises(source.Refused, match=r"1 files are not committed, the first is forgotten\.py"):
        source.require_clean(project)


def test_a_release_is_made_of_what_was_committed(project, tmp_path):
    """What only lies in the folder is not copied, and the time is that of the commit."""
    (project / "forgotten.py").write_text("")
    source.copy_head(project, tmp_path / "copy")

    assert not (tmp_path / "copy" / "forgotten.py").exists()
    assert (tmp_path / "copy" / "pyproject.toml").is_file()
    assert str(source.epoch_of(project)) == run(project, "git", "log", "-1", "--format=%ct")


def test_builds_that_differ_are_not_released(project, tmp_path, monkeypatch):
    """Two builds of one commit that are not the same to the byte stop a release, and leave nothing."""
    found = iter(({"a.whl": "1"}, {"a.whl": "2"}))
    monkeypatch.setattr(build, "build", lambda *_: next(found))

    with pytest.raises(source.Refused, match="Two builds of one commit differ"):
        build.build_twice(project, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_build_is_named_after_its_version(project, tmp_path, monkeypatch):
    """A build whose files are of another version, or more than two, is refused."""
    monkeypatch.setattr(build, "build", lambda *_: {"tradewind-9.9.9.tar.gz": "1"})

    with pytest.raises(source.Refused, match=r"that is not version 1\.2\.3"):
        build.build_twice(project, tmp_path / "dist")


@pytest.fixture(scope="module")
def parts():
    return sbom.settled(sbom.listed(ROOT), 1_750_000_000)


def test_the_list_of_parts_is_cyclonedx(parts):
    """The library of the standard's authors finds no fault in a list of ten: over each file it takes long."""
    few = [part | {"externalReferences": part["externalReferences"][:1]} for part in parts["components"][:10]]

    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(parts | {"components": few})) is None


def test_the_list_of_parts_is_the_lock_of_what_is_installed(parts):
    """All that an extra brings is in it, each with its hashes, and nothing that only tests and tools want."""
    names = {part["name"] for part in parts["components"]}

    assert {"numba", "polars", "psycopg", "confluent-kafka", "nicegui", "optuna"} <= names
    assert not names & {"tradewind", "pytest", "ruff", "mypy", "hatchling", "mkdocs", "pip-audit"}
    assert all(sbom.hashes_of(part) for part in parts["components"])
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}".lower() or "?" in part["purl"]
               for part in parts["components"])  # fmt: skip


def test_the_list_of_parts_is_the_same_every_time(parts):
    """It has the time of the commit and a number of its own that follows from what it says."""
    again = sbom.settled(sbom.listed(ROOT), 1_750_000_000)

    assert json.dumps(again) == json.dumps(parts)
    assert parts["metadata"]["timestamp"] == "2025-06-15T15:06:40Z"


def test_a_part_without_a_hash_is_refused():
    told = {"components": [{"name": "bare"}], "metadata": {}, "bomFormat": "CycloneDX"}

    with pytest.raises(source.Refused, match="bare has no hash"):
        sbom.settled(told, 0)


def test_an_audit_without_an_answer_is_no_audit(tmp_path):
    """Where the service is out of reach the verb fails, and says that nothing was audited."""
    lock = tmp_path / "a.lock"
    lock.write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(source.Refused, match="Nothing was audited: the advisory service could not be asked"):
        audit.asked(lock, "http://127.0.0.1:9/v1/query")


def test_known_faults_and_libraries_nobody_was_asked_about_are_told():
    """Each is a line: what, which version, and where it is mended."""
    found = [
        {"name": "six", "version": "1.0", "vulns": [{"id": "X-1", "fix_versions": ["1.1"]}]},
        {"name": "seven", "version": "1.0", "vulns": []},
        {"name": "eight", "skip_reason": "it is not there"},
    ]

    assert audit.faults_in(found) == ["eight: not audited, it is not there", "six 1.0: X-1, mended in 1.1"]


def test_scripts_fail_with_one_line():
    """A refusal is a sentence and exit code 1, not a traceback."""
    done = subprocess.run([sys.executable, RELEASE / "tag.py", "v0.0.0"], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "The tag is v0.0.0" in done.stderr


def test_scripts_are_typed():
    """Our checker of types has nothing against them, as strict as with the product."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", Path("deploy") / "release"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
