"""A browser on our pages, and our command line, for the tests of them."""

import subprocess
import sys

from browser import Browser

PASSWORD = "correct horse battery"  # noqa: S105 - of users in a temporary folder


def typed(data, *words):
    """Return what a command of ours printed."""
    command = (sys.executable, "-m", "tradewind.cli", *words, "--data", str(data))
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=data).stdout


class Web(Browser):
    """A browser on our pages."""

    def __init__(self, address, width=1400, height=900, *, mobile=False):
        super().__init__(width, height, mobile=mobile)
        self.address = address

    def go(self, path, ready="window.did_handshake"):
        """Open a page and wait until it is connected."""
        self.call("Page.navigate", url=f"{self.address}{path}")
        self.wait(f"document.readyState === 'complete' && location.href !== 'about:blank' && ({ready})")

    def enter(self, name="ann", after="/"):
        """Log in."""
        self.go(f"/login?next={after}", "document.querySelector('.door')")
        self.fill("[name=name]", name)
        self.fill("[name=password]", PASSWORD)
        self.run("document.querySelector('form').requestSubmit()")
        self.wait("window.did_handshake")

    def fill(self, selector, text):
        """Type into a field, or choose from it."""
        self.run(
            f"(() => {{ const one = document.querySelector({selector!r}); one.value = {text!r};"
            "for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def shows(self, text):
        """Wait until the page says something."""
        self.wait(f"document.body?.innerText.includes({text!r})")
