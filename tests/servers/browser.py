"""A headless Chromium, steered over a pipe: its DevTools protocol is JSON between zero bytes, so no library is needed.

Nothing the page asks of a network is answered, and everything it says on the console or throws is kept.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check",
    "--hide-scrollbars", "--remote-debugging-pipe", "--proxy-server=127.0.0.1:9", "--disable-dev-shm-usage",
)  # fmt: skip
PATIENCE_S = 60.0


def chromium():
    """Return the path of a Chromium, or None."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


class Browser:
    """One page of a browser; a context that ends the browser it began."""

    def __init__(self, width=1280, height=900, *, mobile=False):
        self.size, self.mobile = (width, height), mobile
        self.said, self.asked = [], []
        self._number, self._rest, self._events = 0, b"", []

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        there_out, here_in = os.pipe()
        here_out, there_in = os.pipe()
        command = f'exec "$0" "$@" 3<&{there_out} 4>&{there_in}'
        words = ("bash", "-c", command, chromium(), *FLAGS, f"--user-data-dir={self._folder}", "about:blank")
        self._log = Path(self._folder, "log").open("wb")
        self._process = subprocess.Popen(words, pass_fds=(there_out, there_in), stdout=self._log, stderr=self._log)
        os.close(there_out)
        os.close(there_in)
        self._write, self._read = here_in, here_out
        target = next(one for one in self._targets() if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True, session=None)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=self.size[0], height=self.size[1], deviceScaleFactor=2 if self.mobile else 1, mobile=self.mobile,
        )  # fmt: skip
        return self

    def __exit__(self, *how):
        try:
            self.call("Browser.close", session=None)
            self._process.wait(10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        for handle in (self._write, self._read):
            os.close(handle)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _targets(self):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            found = self.call("Target.getTargets", session=None)["targetInfos"]
            if any(one["type"] == "page" for one in found):
                return found
            time.sleep(0.05)
        raise TimeoutError("the browser opened no page")

    def call(self, method, session="page", **given):
        """Return what the browser answers to one command."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": given}
        if session is not None:
            asked["sessionId"] = self._session
        os.write(self._write, json.dumps(asked).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._hear(answer)

    def _next(self):
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise OSError("the browser has ended")
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)

    def _hear(self, event):
        method, given = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.said.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
            self.said.append(" ".join(str(one.get("value", one.get("description"))) for one in given["args"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.said.append(given["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(given["request"]["url"])

    def open(self, path, ready="document.documentElement?.dataset.ready === 'yes'"):
        """Open a file, wait until `ready` is true, and return the seconds from the start of the navigation."""
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        self.wait(ready)
        return self.run("performance.now()") / 1000

    def wait(self, condition):
        """Wait until a condition holds in the page."""
        until = time.monotonic() + PATIENCE_S
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > until:
                raise TimeoutError(f"{condition}; the page said {self.said}")
            time.sleep(0.02)

    def run(self, script):
        """Return the value of an expression in the page; promises are awaited."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"].get("exception", {}).get("description", "failed"))
        return done["result"].get("value")

    def press(self, key, text=""):
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text if kind == "keyDown" else "")

    def click(self, selector):
        """Click with the mouse in the middle of an element."""
        place = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({block: 'center', behavior: 'instant'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def prefer(self, scheme):
        """The page is told that its reader prefers light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path, *, whole=False):
        """Keep a picture of the page, all of it if `whole`."""
        given = {"captureBeyondViewport": True}
        if whole:
            box = self.call("Page.getLayoutMetrics")["cssContentSize"]
            given["clip"] = {"x": 0, "y": 0, "width": box["width"], "height": box["height"], "scale": 1}
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **given)["data"]))

    def paper(self):
        """Return the page as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
