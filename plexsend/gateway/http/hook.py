"""Posting to a chat hook: one try, no redirects, the way of the settings alone, certificates verified."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from requests import RequestException, Session
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError

from plexsend.gateway.http.way import Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TIMEOUT_S = (3.05, 5.0)
"""For connecting, and for each wait for the answer's head; its body is not read."""
_OK = range(200, 300)


def post_to_hook(
    url: str,
    content: Mapping[str, Any],
    *,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    way: Way | None = None,
) -> str:
    """Post a JSON object once; return why it failed, empty where it did not. The URL is in no text."""
    way = way or Way()
    with Session() as session, _out_of_the_log():
        session.trust_env = False
        try:
            answer = session.post(
                url,
                json=dict(content),
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
                proxies=way.proxies(url),
                verify=way.verify,
            )
            status = answer.status_code
            answer.close()
        except ConnectTimeout:
            return "the hook takes no connection in time"
        except ReadTimeout:
            return "the hook does not answer in time"
        except SSLError:
            return "the hook's certificate is refused"
        except ProxyError:
            return "the proxy does not let the hook be reached"
        except RequestException as exc:
            # Its text would show the URL.
            return f"the hook cannot be reached ({type(exc).__name__})"
    return "" if status in _OK else f"the hook answers {status}"


# At the level DEBUG urllib3 names the path of each request, and a hook's path is its password.
@contextmanager
def _out_of_the_log() -> Iterator[None]:
    poster = threading.get_ident()

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != poster

    log = logging.getLogger("urllib3.connectionpool")
    log.addFilter(is_of_others)
    try:
        yield
    finally:
        log.removeFilter(is_of_others)
