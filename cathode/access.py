"""Who may reach the servers: where they listen, and the one secret of all who use them."""

import base64
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from cathode.errors import SettingsError

LOOPBACK = ("127.0.0.1", "localhost", "::1")

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked for, and refused without a password
"""Addresses that stand for all of a machine, with the one it reaches itself at."""

LEAST_PASSWORD = 12
"""Characters: MLflow takes no shorter one."""

HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$")
"""A name, an address, or an address of IPv6."""


@dataclass(frozen=True)
class Access:
    """Where the servers listen, and who may use them.

    Attributes:
        host: address that Prefect and MLflow listen at (``CATHODE_HOST``).
        auth: ``user:password`` that both ask for (``CATHODE_AUTH``); None where they ask for none.
        allowed_hosts: names under which browsers reach them (``CATHODE_ALLOWED_HOSTS``), with
            their ports where proxies keep those.
    """

    host: str = LOOPBACK[0]
    auth: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls) -> "Access":
        """Read the settings.

        Raises:
            SettingsError: one of them cannot be, the secret is weak, or there is none and others
                could reach the servers.
        """
        host = os.environ.get("CATHODE_HOST") or LOOPBACK[0]
        if not HOST.match(host):
            msg = f"CATHODE_HOST={host!r} is no address: write 127.0.0.1, 0.0.0.0 or a host's name"
            raise SettingsError(msg)
        auth = secret("CATHODE_AUTH")
        if auth is not None:
            _refuse_weak(auth)
        if host not in LOOPBACK and auth is None:
            msg = (
                f"CATHODE_HOST={host!r} lets other machines reach Prefect and MLflow, and nothing "
                "asks them for a password: set CATHODE_AUTH=user:password, or unset CATHODE_HOST"
            )
            raise SettingsError(msg)
        return cls(host, auth, _names("CATHODE_ALLOWED_HOSTS"))

    @property
    def reachable(self) -> str:
        """Address at which this machine reaches its own servers, ready for a URL."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the servers."""
        return self.host in LOOPBACK

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, None where nobody is asked for them."""
        if self.auth is None:
            return None
        user, _, password = self.auth.partition(":")
        return user, password

    @property
    def headers(self) -> dict[str, str]:
        """What a request has to bring along."""
        if self.auth is None:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(self.auth.encode()).decode()}"}


def secret(name: str) -> str | None:
    """A setting that nobody else may read: from the environment, or the file ``NAME_FILE``.

    Raises:
        SettingsError: both are given, or the file cannot be read or is empty.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not file:
        return value or None
    if value:
        raise SettingsError(f"{name} and {name}_FILE are both set: unset one of them")
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{name}_FILE={file!r} cannot be read ({error}): give a file that holds the value"
        raise SettingsError(msg) from error
    if not value:
        raise SettingsError(f"{name}_FILE={file!r} is empty: write the value into it")
    return value


def _refuse_weak(auth: str) -> None:
    """Refuse a secret that does not protect; what it is is not told.

    Raises:
        SettingsError: it has no user, or its password is short, or either has odd characters.
    """
    user, colon, password = auth.partition(":")
    if not colon or not user:
        raise SettingsError("CATHODE_AUTH has no user: write user:password")
    if len(password) < LEAST_PASSWORD:
        msg = f"CATHODE_AUTH has a password of {len(password)} characters: at least "
        raise SettingsError(f"{msg}{LEAST_PASSWORD} are needed, and chance makes the best ones")
    if not auth.isascii() or not auth.isprintable() or " " in auth:
        msg = "CATHODE_AUTH has blanks or characters beyond ASCII, which browsers send differently"
        raise SettingsError(f"{msg}: use letters, digits and signs")


def _names(setting: str) -> tuple[str, ...]:
    """Names of hosts, with ports or without.

    Raises:
        SettingsError: one is none, or is a pattern that lets everybody in.
    """
    given = [each.strip() for each in (os.environ.get(setting) or "").split(",")]
    found = tuple(each for each in given if each)
    for each in found:
        name, _, port = each.partition(":")
        if not HOST.match(name) or (port and not port.isdecimal()):
            msg = f"{setting} names {each!r}, which is no host: write names such as lab.example.org"
            raise SettingsError(f"{msg} or lab.example.org:5000, with commas between")
    return found
