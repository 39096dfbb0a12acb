"""Where keys stand in a TOML text: every kind of writing, and every path the parser finds."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.risk.file import PACKS, load_document
from tradewind.risk.positions import places

TEXT = '''# a comment with [brackets] and name = "no key"
name = "x # no comment"   # one that is
"quoted key" = 'literal \\ text'
a.b = 1
list = [1, [2, 3],  # inside
  "four, ]", {deep = 5}]
long = """one
[not.a.table]
key = 1"""

[first]
inline = {x = 1, "y z" = {w = 2}}
[[rows]]
v = 1
[[rows]]
v = 2
[rows.below]
u = 3
[[rows.more]]
t = 4
'''


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 1)),
        (("quoted key",), (3, 1)),
        (("a", "b"), (4, 1)),
        (("list",), (5, 1)),
        (("list", 1), (5, 12)),
        (("list", 1, 0), (5, 13)),
        (("list", 2), (6, 3)),
        (("list", 3, "deep"), (6, 15)),
        (("first",), (11, 1)),
        (("first", "inline", "x"), (12, 11)),
        (("first", "inline", "y z", "w"), (12, 27)),
        (("rows", 0, "v"), (14, 1)),
        (("rows", 1, "v"), (16, 1)),
        (("rows", 1, "below", "u"), (18, 1)),
        (("rows", 1, "more", 0, "t"), (20, 1)),
    ],
)
def test_where_a_key_stands(path, place):
    assert places(TEXT)[path] == place


def paths(value, above=()):
    """Yield the path of everything in a parsed document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*above, key)
        yield from paths(one, (*above, key))


def test_everything_the_parser_finds_has_a_place():
    assert set(paths(tomllib.loads(TEXT))) <= set(places(TEXT))


@pytest.mark.parametrize("pack", PACKS)
def test_every_key_of_a_pack_has_a_place(pack):
    document = load_document(pack)

    assert ("name",) in document.lines
    assert all(line >= 1 and column >= 1 for line, column in document.lines.values())


WORDS = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-5, 5).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(alphabet='ab#[]{}=,."\\ ', max_size=8).map(
        lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[" + " ,\n ".join(parts) + "]"),
        st.dictionaries(WORDS, inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(WORDS, st.dictionaries(WORDS, VALUES, max_size=4)), max_size=4, unique_by=lambda one: one[0]))
def test_any_document_is_scanned_whole(tables):
    """Of any document every key the parser finds has a place, and the key is written there."""
    text = "".join(
        f"[{name}]  # [x]\n" + "".join(f"  {key} = {value}\n" for key, value in table.items()) for name, table in tables
    )
    found = places(text)
    lines = text.split("\n")

    for path in paths(tomllib.loads(text)):
        line, column = found[path]
        if isinstance(path[-1], str) and len(path) > 1:
            assert lines[line - 1][column - 1 :].startswith(path[-1])
