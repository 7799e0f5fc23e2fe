"""An authority of certificates for one rehearsal: the stand-in speaks TLS, and the workers trust it alone."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "gateway"


class Authority:
    """An authority in a folder, made with the system's openssl."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self.certificate = folder / "authority.pem"
        """What PLEXSEND_CA_FILE names."""
        self._key = folder / "authority.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "400", "-subj", "/CN=plexsend rehearsal"),
            *("-keyout", str(self._key), "-out", str(self.certificate)),
        )

    def issue(self, days: int) -> Path:
        """Return a file with a key and the gateway's certificate, which ends in so many days."""
        whole = self._folder / f"gateway-{days}.pem"
        key, request, names = (self._folder / f"gateway-{days}.{end}" for end in ("key", "csr", "ext"))
        names.write_text(f"subjectAltName=DNS:{_NAME}\n", "utf-8")
        _openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", f"/CN={_NAME}", "-keyout", str(key), "-out", str(request)),
        )
        signed = self._folder / f"gateway-{days}.crt"
        _openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", str(days), "-extfile", str(names), "-out", str(signed)),
        )
        whole.write_text(key.read_text("utf-8") + signed.read_text("utf-8"), "utf-8")
        return whole


def _openssl(*words: str) -> None:
    done = subprocess.run(
        [shutil.which("openssl") or "openssl", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")
