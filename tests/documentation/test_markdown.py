"""Pages read the same on GitHub and on the site, whose readers of Markdown differ in a few things."""

import re
import runpy
from itertools import pairwise

import fences
import pytest

ITEM = re.compile(r"^( *)([*-]|\d+\.) ")
every_page = pytest.mark.parametrize(
    "page", fences.PAGES, ids=[page.relative_to(fences.ROOT).as_posix() for page in fences.PAGES]
)


@every_page
def test_a_list_begins_after_an_empty_line(page):
    """Without one the site's reader takes the list for the end of the paragraph."""
    lines = fences.prose(page).splitlines()
    glued = [
        line
        for before, line in pairwise(lines)
        if ITEM.match(line) and before.strip() and not before.startswith((" ", "#", "<!--")) and not ITEM.match(before)
        and not _inside_item(lines, before)
    ]  # fmt: skip

    assert not glued


def _inside_item(lines, line):
    """Return whether a line goes on with an item that began above it without being indented."""
    for above in reversed(lines[: lines.index(line)]):
        if not above.strip():
            return False
        if ITEM.match(above):
            return True
    return False


@every_page
def test_what_belongs_to_an_item_is_indented_by_four(page):
    """The site's reader wants four spaces for a list or a block inside an item; GitHub takes them too."""
    shallow = [
        line for line in page.read_text(encoding="utf-8").splitlines() if re.match(r"^ {1,3}(?:[*-] |\d+\. |```)", line)
    ]

    assert not shallow


@pytest.fixture(scope="module")
def pictures():
    """The module that draws the pictures."""
    return runpy.run_path(str(fences.ROOT / "docs" / "site" / "pictures.py"))


def test_the_pictures_are_up_to_date(pictures):
    """Else run `make docs`."""
    folder = fences.ROOT / "docs" / "concepts"
    stale = [name for name, draw in pictures["DRAWN"].items() if draw() != (folder / name).read_text(encoding="utf-8")]

    assert not stale


def test_the_picture_of_an_order_is_the_life_of_an_order(pictures):
    """Each arrow between living states is in the table the kernel runs by, and no state of the table is left out."""
    edges = pictures["living_edges"]()
    drawn = {(start, end) for start, end, _, _ in pictures["ORDER_ARROWS"] if end != "ends"}

    assert drawn <= set(edges)
    assert {name for edge in drawn for name in edge} == {name for edge in edges for name in edge}


def test_a_missing_page_is_left_out_only_if_it_is_coming():
    """Any other stays in the navigation, where the strict build stops at it; a family is its numbered pages."""
    hooks = runpy.run_path(str(fences.ROOT / "docs" / "site" / "hooks.py"))
    hooks["on_config"].__globals__["COMING"] = {"later.md"}
    nav = ["index.md", {"Inner": [{"Later": "later.md"}, {"Gone": "gone.md"}]}, "decisions/*"]

    found = hooks["on_config"]({"nav": nav, "docs_dir": str(fences.ROOT / "docs")})["nav"]

    assert found[:2] == ["index.md", {"Inner": [{"Gone": "gone.md"}]}]
    assert found[2].startswith("decisions/0001-")
    assert "decisions/README.md" not in found
