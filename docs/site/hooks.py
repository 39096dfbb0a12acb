"""What the site needs besides MkDocs: pages that are still being written, and families of pages.

The navigation in mkdocs.yml names every page by hand, because its order is for readers. Three things are worked out
here. A page of `COMING` may be missing: it is left out of the navigation until its file is there, while any other
missing page stops the build. `folder/*` stands for the numbered pages of a folder, so that a new decision needs no
line. And where GitHub draws a diagram from words, which takes a script that would have to be fetched, the site shows
our own picture.
"""

import re
from pathlib import Path

COMING = frozenset({})
"""Pages that may be missing; a name leaves this list when its page is there."""


PICTURES = {"architecture.md": "![The life of an order](concepts/order.svg)"}
"""What stands on the site in place of a page's diagram."""

DIAGRAM = re.compile(r"^```mermaid\n.*?^```$", re.DOTALL | re.MULTILINE)


def on_config(config):
    """Return the configuration with a navigation of pages that are there."""
    config["nav"] = _there(config["nav"], Path(config["docs_dir"]))
    return config


def on_page_markdown(markdown, page, **_):
    """Return the text of a page with our picture where a diagram was; a diagram without a picture is an error."""
    return DIAGRAM.sub(lambda _: PICTURES[page.file.src_uri], markdown)


def _there(items, docs):
    """Return the items of a navigation without the missing pages of COMING, and with families spelled out."""
    found = []
    for item in items:
        title, inner = next(iter(item.items())) if isinstance(item, dict) else (None, item)
        if isinstance(inner, list):
            found.append({title: _there(inner, docs)})
        elif inner.endswith("/*"):
            found += [page.relative_to(docs).as_posix() for page in sorted(docs.glob(inner.replace("*", "[0-9]*.md")))]
        elif inner not in COMING or (docs / inner).is_file():
            found.append(item)
    return found
