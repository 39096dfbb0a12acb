"""Our end of a session: trials go out, outcomes come back."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tradewind.errors import TradewindError
from tradewind.research.causality.session import Function, Outcome, Stream, Trial, receive, send


class Fresh:
    """A session in which any number of subjects are tried, one after another."""

    def __init__(self) -> None:
        """The process starts when the first subject comes; `kept` is for bars that many subjects are given."""
        self._process: subprocess.Popen[bytes] | None = None
        self._subject: bytes = b""
        self.trials = 0
        self.kept: dict[Any, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """The process has ended."""
        if self._process is not None:
            if hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.communicate()
            self._process = None

    def take(self, subject: Function | Stream) -> None:
        """The trials that follow are of this subject."""
        self._subject = pickle.dumps(subject)
        if self._process is None:
            self._start()
        else:
            self._send(self._subject)

    def run(self, trial: Trial) -> Outcome:
        """Return what came of a trial in a process that never saw the strategy before."""
        if not hasattr(os, "fork") and self.trials:
            self.close()
            self._start()
        self.trials += 1
        self._send(pickle.dumps(trial))
        answer = receive(self._process.stdout) if self._process and self._process.stdout else None
        if answer is None:
            raise TradewindError("The process that tries strategies ended.", "Run the command again.")
        outcome: Outcome = pickle.loads(answer)  # noqa: S301  from the process we started
        return outcome

    def _start(self) -> None:
        package = str(Path(__file__).resolve().parents[3])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        code = "from tradewind.research.causality.session import serve; serve()"
        self._process = subprocess.Popen(  # noqa: S603 - our own code, no input of anybody
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is for us, and we end it
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._send(self._subject)

    def _send(self, message: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise TradewindError("No subject was taken.", "Take one before running trials.")
        try:
            send(self._process.stdin, message)
        except BrokenPipeError:
            raise TradewindError("The process that tries strategies ended.", "Run the command again.") from None
