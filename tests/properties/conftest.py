"""The harness of the kernel's tests and the worlds of the parity tests are used here too."""

import sys
from pathlib import Path

for folder in ("kernel", "parity"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
