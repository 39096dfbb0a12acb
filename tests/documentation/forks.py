"""A process that has everything loaded, and forks whatever is asked of it: `tradewind` commands cost what they do.

Starting Python and loading the libraries costs a second, and the documentation has a hundred commands. So each is a
process of its own that was forked, after loading, from one that never did any work: nothing one command does can be
seen by another but through files, as when they are typed. `tradewind` on the path of the pages is a client of it,
which hands over its folder, its words, its environment and its three streams, and ends as the command ended.
"""

import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import traceback
from pathlib import Path

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    asked = {{"folder": os.getcwd(), "words": [{program!r}, *sys.argv[1:]], "environment": dict(os.environ)}}
    socket.send_fds(there, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
    answer = there.recv(1)
sys.exit(answer[0] if answer else 70)
"""


def write_clients(folder, address):
    """Write the programs `tradewind` and `python`, which ask the process at `address`."""
    for program in ("tradewind", "python"):
        client = folder / program
        client.write_text(CLIENT.format(python=sys.executable, address=str(address), program=program), encoding="utf-8")
        client.chmod(0o755)


def serve(address):
    """Fork a process for each connection, until killed."""
    from tradewind import compilation, modes, notebook  # noqa: F401, PLC0415  loaded once, here; clients need none
    from tradewind.cli import main  # noqa: PLC0415  so that clients, which import this file too, stay light

    compilation.compile_kernel()
    signal.signal(signal.SIGCHLD, _gather)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        while True:
            wire, _ = door.accept()
            with wire:
                if os.fork() == 0:
                    door.close()
                    _work(wire, main)


def _gather(*_):
    """The children that have ended are waited for, so that what they took is counted as ours."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _work(wire, main):
    """Run what the wire asks for, answer with its exit code, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, streams = b"", []
    while not text.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(wire, 1 << 20, 3)
        text, streams = text + part, streams + list(more)
    asked = json.loads(text)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = asked["words"]
    wire.send(bytes([_code(main)]))
    os._exit(0)


def _code(main):
    """Run the command, or the Python script, and return the exit code."""
    code = 0
    try:
        if sys.argv[0] == "python":
            _python(sys.argv[1:])
        else:
            main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001  whatever it is, it is the command's, and is shown as Python shows it
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _python(words):
    """Run `python FILE` or `python -m MODULE`."""
    sys.path.insert(0, str(Path.cwd()))
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
