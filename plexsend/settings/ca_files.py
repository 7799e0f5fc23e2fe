"""A file with the certificates of the authorities that are trusted."""

from __future__ import annotations

from pathlib import Path

from plexsend.settings.values import refusal

# All public authorities together are a fifth of it.
_LIMIT_BYTES = 2_000_000
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def ca_file(name: str, text: str) -> str:
    """Read the path of a file with certificates in PEM; return it from the root."""
    try:
        path = Path(text).absolute()
        if not path.is_file():
            raise refusal(name, "does not name a file", "Give the path of a file with certificates in PEM.")
        with path.open("rb") as file:
            content = file.read(_LIMIT_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the path is not valid"
        raise refusal(
            name,
            f"names a file that cannot be read ({why})",
            "Make it readable for the user that runs this process.",
        ) from None
    if _BEGIN not in content:
        raise refusal(
            name,
            "names a file without a certificate in PEM",
            "Such a file has lines that begin with -----BEGIN CERTIFICATE-----. "
            "From DER: openssl x509 -inform der -in ca.cer -out ca.pem",
        )
    return str(path)
