"""Variables that Kubernetes and Docker make of the names of services: addresses, not settings.

Beside a service named `plexsend-redis` every container of the namespace has `PLEXSEND_REDIS_PORT` and six
more, unless its pod says `enableServiceLinks: false`. Nobody set them, so nobody is warned of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESS = r"[0-9A-Fa-f.:\[\]]+"
_URL = rf"(?:tcp|udp|sctp)://{_ADDRESS}"
_PROTOCOL = r"(?:TCP|UDP|SCTP)"

# The value counts too: an account may be named x-port, and its secret is not an address.
_FORMS = tuple(
    (re.compile(name), re.compile(value))
    for name, value in (
        (r".+_SERVICE_HOST", _ADDRESS),
        (r".+_SERVICE_PORT(?:_[A-Z0-9_]+)?", r"\d{1,5}"),
        (r".+_PORT", _URL),
        (rf".+_PORT_\d{{1,5}}_{_PROTOCOL}", _URL),
        (rf".+_PORT_\d{{1,5}}_{_PROTOCOL}_PROTO", r"tcp|udp|sctp"),
        (rf".+_PORT_\d{{1,5}}_{_PROTOCOL}_PORT", r"\d{1,5}"),
        (rf".+_PORT_\d{{1,5}}_{_PROTOCOL}_ADDR", _ADDRESS),
    )
)


def is_service_link(name: str, text: str) -> bool:
    """Return whether a variable has the name and the value of a service link."""
    return any(form.fullmatch(name) and value.fullmatch(text.strip()) for form, value in _FORMS)


def without_service_links(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are not service links."""
    return {name: text for name, text in environ.items() if not is_service_link(name, text)}
