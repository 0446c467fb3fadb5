"""Requests to the servers without their clients, which take seconds and a lot to load."""

import json
import socket
import time
import urllib.error
import urllib.request
from typing import Any

from cathode.access import Access

SECONDS = 5.0

UNAUTHORIZED, BUSY = (401, 403), (429, 503)

TRIES, BUSY_SECONDS = 4, 0.5


class Refused(Exception):  # noqa: N818 - an answer rather than an error
    """A server answered, with something else than what was asked for.

    Args:
        status: of HTTP.
        url: what was asked.
    """

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"{url} answered {status}")
        self.status = status


def ask(url: str, access: Access, body: Any = None, *, seconds: float = SECONDS) -> Any:
    """What a server answers; a body is posted as JSON.

    A server that is busy is asked again: Prefect's says so while its SQLite is locked.

    Returns:
        The answer as plain data, or as text where it is no JSON.

    Raises:
        Refused: it answered with an error.
        OSError: nothing answers there.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = access.headers | ({} if data is None else {"Content-Type": "application/json"})
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - http
    for left in reversed(range(TRIES)):
        try:
            text = _read(request, seconds)
            break
        except Refused as error:
            if error.status not in BUSY or not left:
                raise
            time.sleep(BUSY_SECONDS)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read(request: urllib.request.Request, seconds: float) -> str:
    url = request.full_url
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310 - http
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        raise Refused(error.code, url) from error
    except (urllib.error.URLError, ValueError) as error:
        raise OSError(f"nothing answers at {url} ({getattr(error, 'reason', error)})") from error


def well(url: str) -> bool:
    """Whether a server is well, by an address that asks for no password."""
    try:
        ask(url, Access(), seconds=2)
    except (Refused, OSError):
        return False
    return True


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a program listens on a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(SECONDS)
        return probe.connect_ex((host.strip("[]"), port)) == 0
