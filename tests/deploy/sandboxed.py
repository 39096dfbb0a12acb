"""Runs a program with the system calls that a unit of systemd leaves it, and no others.

The filter is the kernel's own, made by the library that systemd makes its filters with, so what passes here passes
there: a call that is not named gets EPERM, as SystemCallErrorNumber= has it. A call that this machine's library does
not know by name does not exist here.

    python sandboxed.py FILE-OF-NAMES PROGRAM ...
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

REFUSED = 0x00050000 | errno.EPERM
ALLOWED = 0x7FFF0000
LIBRARY = "libseccomp.so.2"


def confine(names):
    """We and all we begin have these system calls only, for good."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    made = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSED)))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0 and library.seccomp_rule_add(made, ctypes.c_uint32(ALLOWED), number, 0):
            raise OSError(f"no rule for {name}")
    if library.seccomp_load(made):
        raise OSError("the filter was not taken")


if __name__ == "__main__":
    confine(Path(sys.argv[1]).read_text(encoding="ascii").split())
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - what the test names
