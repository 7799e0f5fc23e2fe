"""docs/applications.md: the test of an application that it shows, against a real worker and the sandbox."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.pages import Page, printed

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand


def test_the_shown_test_sees_what_becomes_of_its_messages(valkey_url: str, make_stand: MakeStand) -> None:
    (code,) = [code for code in Page.of("docs/applications.md").blocks("python") if "wait_for_end" in code]
    stand = make_stand(valkey_url, "main")
    stand.start_workers(1)

    done = subprocess.run(
        [sys.executable, "-c", f"import plexsend\n{code}"],
        env=stand.environ(),
        cwd=stand.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == printed(code)
