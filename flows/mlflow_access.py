"""MLflow's own book of users, kept at the one secret of the platform.

MLflow keeps a hash of the password from the day on which it made its book, whatever it is told
later. So a changed secret is entered here, before its server starts, and users that it was
changed from are taken out.
"""

import os
import secrets
from pathlib import Path

from cathode.settings import Settings
from cathode.urls import SQLITE

CACHE_SECONDS = 60
"""How long MLflow takes a password for right without hashing it again, which takes seconds."""


def folder(settings: Settings) -> Path:
    """Where the book, its settings and the key of MLflow's forms lie."""
    return settings.home / "mlflow"


def book(settings: Settings) -> Path:
    """MLflow's database of users."""
    return folder(settings) / "users.db"


def require_password(settings: Settings) -> dict[str, str]:
    """Have MLflow ask for the platform's secret.

    Returns:
        What its server has to find in its environment.
    """
    credentials = settings.access.credentials
    assert credentials is not None  # noqa: S101 - asked for only where there are some
    place = folder(settings)
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    entered = place / "user"
    if book(settings).exists():
        before = entered.read_text(encoding="utf-8") if entered.exists() else None
        _enter(settings, before, *credentials)
    _write(entered, credentials[0])
    _write(place / "access.ini", _ini(settings, credentials[0]))
    key = place / "secret.key"
    if not key.exists():
        _write(key, secrets.token_hex(32))
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(place / "access.ini"),
        "MLFLOW_AUTH_ADMIN_USERNAME": credentials[0],
        "MLFLOW_AUTH_ADMIN_PASSWORD": credentials[1],
        "MLFLOW_FLASK_SERVER_SECRET_KEY": key.read_text(encoding="ascii"),
    }


def _ini(settings: Settings, user: str) -> str:
    lines = {
        "default_permission": "NO_PERMISSIONS",
        "database_uri": f"{SQLITE}{book(settings)}",
        "admin_username": user,
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "auth_cache_ttl_seconds": str(CACHE_SECONDS),
    }
    text = "\n".join(f"{key} = {value.replace('%', '%%')}" for key, value in lines.items())
    return f"[mlflow]\n{text}\n"


def _enter(settings: Settings, before: str | None, user: str, password: str) -> None:
    """Enter the secret into the book where it changed."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(f"{SQLITE}{book(settings)}")
    if before not in (None, user) and store.has_user(before):
        store.delete_user(before)
    if not store.has_user(user):
        store.create_user(user, password, is_admin=True)
    elif not store.authenticate_user(user, password):
        store.update_user(user, password=password, is_admin=True)


def _write(file: Path, text: str) -> None:
    """Write a file that nobody else may read, at no moment."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    part.replace(file)
