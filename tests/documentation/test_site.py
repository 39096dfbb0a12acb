"""The site builds without a warning, from what is here alone, and every link of its pages leads somewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fences
import pytest
from browser import chromium

FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
QUERY = "faq.html?q=watchdog"
HELD = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "manifest"}


class Page(HTMLParser):
    """What a page fetches, what it links to, and the names in it that can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.links, self.names, self.headings = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what matters of a tag."""
        told = dict(attrs)
        self.names |= {told[name] for name in ("id", "name") if told.get(name)}
        if tag == "a" and told.get("href"):
            self.links.append(told["href"])
        if (address := told.get(FETCHED.get(tag, ""))) and (tag != "link" or HELD & set(told["rel"].split())):
            self.fetched.append(address)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site, and what was said while it was built."""
    folder = tmp_path_factory.mktemp("built") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=fences.ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    return folder, done, pages


def test_it_builds_without_a_warning(site):
    """Strictly: a page missing from the navigation, a link or an anchor that leads nowhere would stop it."""
    folder, done, _ = site

    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert (folder / "search" / "search_index.json").stat().st_size > 100_000


def test_it_fetches_nothing_from_elsewhere(site):
    """Scripts, styles, fonts and pictures are files of the site itself, also those that a style asks for."""
    folder, _, pages = site
    outside = [
        f"{path.relative_to(folder)}: {address}"
        for path, page in pages.items()
        for address in page.fetched
        if urlsplit(address).netloc
    ]
    outside += [
        f"{style.relative_to(folder)}: {address}"
        for style in folder.rglob("*.css")
        for address in re.findall(r"url\(['\"]?(https?:[^)]*)", style.read_text(encoding="utf-8"))
    ]

    assert not outside


def test_every_link_and_anchor_leads_somewhere(site):
    """Inside the site; what leads elsewhere is at least an address."""
    folder, _, pages = site
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                if address.scheme not in ("https", "http", "mailto") or not (address.netloc or address.path):
                    wrong.append(f"{path.relative_to(folder)}: {link}")
                continue
            there = _target(folder, path, address.path)
            name = unquote(address.fragment)
            known = pages[there].names if there in pages else set()
            if not there.exists() or (name and there in pages and name not in known | {"__top"}):
                wrong.append(f"{path.relative_to(folder)}: {link}")

    assert not wrong


def _target(folder, path, address):
    """Return the file that an address in a page means."""
    if not address:
        return path
    start = folder if address.startswith("/") else path.parent
    there = Path(os.path.normpath(start / unquote(address).lstrip("/")))
    return there / "index.html" if there.is_dir() else there


def test_search_finds_without_a_server(site):
    """Opened from the folder, a page finds a word in other pages, with nothing but the files of the site."""
    folder, _, _ = site
    browser = chromium()
    if browser is None:
        pytest.skip("no Chromium")
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000"]

    done = subprocess.run(
        [browser, *quiet, f"--user-data-dir={folder.parent / 'browser'}", "--dump-dom", f"file://{folder}/{QUERY}"],
        capture_output=True,
        text=True,
        check=False,
    )

    found = re.search(r"(\d+) matching documents", done.stdout)
    assert found
    assert int(found[1]) > 1


def test_headings_are_in_order(site):
    """Each page has one title, and no heading skips a level: people who listen to pages find their way by them."""
    folder, _, pages = site
    wrong = []
    for path, page in pages.items():
        levels = page.headings
        steps = pairwise(levels)
        if path.name != "404.html" and (levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in steps)):
            wrong.append(f"{path.relative_to(folder)}: {levels[:12]}")

    assert not wrong
