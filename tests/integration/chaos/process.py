"""The chaos suite's own processes, started for a test module and ended by their own end."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[3]


@contextmanager
def running(module: str, *args: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module as a process; it must end in order and have written nothing."""
    words = [sys.executable, "-m", module, *map(str, args)]
    with subprocess.Popen(words, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            killed = process.poll() is not None
            process.terminate()
            said, _ = process.communicate(timeout=10)
        assert said == b"", said.decode()
        assert killed or process.returncode == 0
