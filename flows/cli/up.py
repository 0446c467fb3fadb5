"""``cathode up``: the pages of Prefect and MLflow."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.output import messages
from flows.cli.signals import stopping_on_signals

if TYPE_CHECKING:
    from cathode.settings import Settings

START_SECONDS = 120


def up(
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow server.")] = 5000,
) -> None:
    """Serve the pages of Prefect and MLflow on this machine until Ctrl-C."""
    from cathode.errors import ServiceError
    from cathode.settings import Settings
    from flows.environment import prepare
    from flows.server import prefect_server, taken

    settings = Settings.from_environment()
    prepare(settings)
    console = messages()
    if taken(mlflow_port):
        msg = f"port {mlflow_port} is taken by another program: give a free one with --mlflow-port"
        raise ServiceError(msg)
    with stopping_on_signals(), prefect_server(settings) as wait_until_ready:
        with console.status("starting"):
            from flows.databases import ensure_mlflow

            ensure_mlflow(settings.tracking_url)
        mlflow = _start_mlflow(settings, mlflow_port)
        try:
            with console.status("starting"):
                wait_until_ready()
                _wait_for_mlflow(mlflow, mlflow_port, settings)
            pages = os.environ["PREFECT_API_URL"].removesuffix("/api")
            console.print(f"Prefect: {pages}\nMLflow:  http://127.0.0.1:{mlflow_port}")
            console.print("In MLflow choose 'Model training' at the top left.")
            console.print("Ctrl-C stops both.")
            mlflow.wait()
            raise _ended(settings)
        except KeyboardInterrupt:
            console.print("stopped")
        finally:
            mlflow.terminate()
            mlflow.wait()


def _ended(settings: "Settings") -> Exception:
    from cathode.errors import ServiceError

    return ServiceError(f"the MLflow server ended by itself: see {_log_file(settings)}")


def _log_file(settings: "Settings") -> Path:
    return settings.home / "mlflow-server.log"


def _start_mlflow(settings: "Settings", port: int) -> "subprocess.Popen[bytes]":
    settings.home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", settings.tracking_url, "--workers", "1"]
    command += ["--default-artifact-root", (settings.home / "mlartifacts").as_uri()]
    # Job runners, eight processes of a quarter gigabyte, serve features nobody uses here.
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with _log_file(settings).open("ab") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)


def _wait_for_mlflow(process: "subprocess.Popen[bytes]", port: int, settings: "Settings") -> None:
    from cathode.errors import ServiceError

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _ended(settings)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    msg = f"no MLflow server on port {port} within {START_SECONDS} s: see {_log_file(settings)}"
    raise ServiceError(msg)
