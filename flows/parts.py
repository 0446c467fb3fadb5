"""The parts of the platform, each as a command of its own: ``python -m flows.parts NAME``.

`cathode up` runs them on one machine, and service managers where they are spread over several.
Secrets go by the environment, for everybody on a machine may read command lines.
"""

import hashlib
import os
import socket
import sys
from collections.abc import Callable

from cathode.errors import CathodeError, SettingsError
from cathode.settings import Settings
from flows.environment import MLFLOW_PORT, PREFECT_PORT, for_children, origins, prepare

POOL = "local"
"""Work pool of the deployments."""

RUNS = 4
"""Flow runs that a worker has at once, unless told otherwise."""

Command = tuple[list[str], dict[str, str]]
"""What is run, and its environment."""


def prefect(settings: Settings, port: int) -> Command:
    """The Prefect server."""
    from flows.databases import ensure_prefect
    from flows.server import server_command

    ensure_prefect()
    return server_command(settings.access.host, port), for_children(settings)


def mlflow(settings: Settings, port: int) -> Command:
    """The MLflow server, its database made first."""
    from flows.databases import ensure_tracking

    if settings.tracked_elsewhere:
        msg = f"MLFLOW_TRACKING_URI={settings.tracking_url!r} is a server already: unset it to have"
        raise SettingsError(f"{msg} one here")
    settings.artifacts.mkdir(parents=True, exist_ok=True)
    ensure_tracking(settings)
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", settings.access.host, "--port", str(port)]
    environment = {
        "MLFLOW_BACKEND_STORE_URI": settings.tracking_url,
        # Of experiments that others make through the server; ours say where their files are.
        "MLFLOW_ARTIFACTS_DESTINATION": settings.artifacts.as_uri(),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": "mlflow-artifacts:/",
        # Job runners, eight processes of a quarter gigabyte, serve features nobody uses here.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **_names(settings, port),
    }
    if settings.access.auth is not None:
        from flows.mlflow_access import require_password

        environment |= require_password(settings)
        command += ["--app-name", "basic-auth"]
    return command, for_children(settings) | environment


def worker(settings: Settings, runs: int) -> Command:
    """The worker that runs flows, each in a process of its own."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process"]
    command += ["--pool", POOL, "--name", worker_name(settings), "--limit", str(runs)]
    # Its log is a file, where it may speak.
    return command, for_children(settings) | {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO"}


def worker_name(settings: Settings) -> str:
    """Name of the worker of this machine and home."""
    home = hashlib.sha256(str(settings.home).encode()).hexdigest()[:6]
    return f"{socket.gethostname()}-{home}"


def _names(settings: Settings, port: int) -> dict[str, str]:
    """Under which names MLflow lets itself be asked; pages of strangers use others."""
    names = settings.access.allowed_hosts
    if not names:
        return {}
    every = [*names, "localhost", "127.0.0.1", "[::1]", settings.access.reachable]
    hosts = dict.fromkeys(each for name in every for each in (name, f"{name}:{port}"))
    return {
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(origins(every, port)),
    }


PARTS: dict[str, tuple[Callable[[Settings, int], Command], int]] = {
    "prefect": (prefect, PREFECT_PORT),
    "mlflow": (mlflow, MLFLOW_PORT),
    "worker": (worker, RUNS),
}
"""By name, with the number it takes: the port, or for the worker how many runs."""


def command_of(name: str, number: int | None = None) -> list[str]:
    """What starts a part in a process of its own."""
    return [sys.executable, "-m", "flows.parts", name, *([] if number is None else [str(number)])]


def become(name: str, number: int | None = None) -> None:
    """Turn this process into a part.

    Raises:
        CathodeError: there is no such part, a setting cannot be, or what the part needs cannot be
            reached.
    """
    if name not in PARTS:
        raise SettingsError(f"there is no part {name!r}: there are {', '.join(PARTS)}")
    from flows.postgres import ensure_databases

    settings = Settings.from_environment()
    prepare(settings)
    ensure_databases(settings)
    make, usual = PARTS[name]
    command, environment = make(settings, usual if number is None else number)
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606


if __name__ == "__main__":
    try:
        become(sys.argv[1], *(int(each) for each in sys.argv[2:]))
    except CathodeError as error:
        sys.exit(f"cathode: {error}")
