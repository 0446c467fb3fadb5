"""All that one machine needs to run campaigns, and how it is kept running.

Nothing here loads Prefect or MLflow: each lives in processes of its own, and what has to be
registered is registered by one that ends (``flows/deploying.py``).
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from filelock import FileLock, Timeout

from cathode.errors import ServiceError
from cathode.settings import Settings
from flows.api import Refused, ask, taken, well
from flows.deploying import BEGIN, CAMPAIGNS
from flows.environment import for_children, mlflow_at
from flows.parts import POOL, command_of, worker_name
from flows.server import LocalServer, log_file, prefect_server
from flows.services import STOP_SECONDS, Service
from flows.watching import WATCH_SECONDS, CampaignWatch

START_SECONDS = 120.0

TICK_SECONDS = 0.5

Say = Callable[[str], None]


class Platform:
    """Prefect, MLflow, a worker and the deployments, on one machine.

    Args:
        settings: where everything is.
        server: the Prefect server, which is shared with others.
        mlflow_port: of the MLflow server.
        runs: flow runs at once; None for no worker.
        say: what happens is told to.
    """

    def __init__(
        self, settings: Settings, server: LocalServer, mlflow_port: int, runs: int | None, say: Say
    ) -> None:
        self._settings, self._server, self._say = settings, server, say
        self._environment = for_children(settings)
        self._watch = CampaignWatch(settings)
        self.mlflow_url = mlflow_at(settings, mlflow_port)
        self.mlflow = self.worker = None
        if not settings.tracked_elsewhere:
            self.mlflow = self._service("MLflow", "mlflow", mlflow_port)
        if runs is not None:
            self.worker = self._service("the worker", "worker", runs)
        self._deploying: subprocess.Popen[bytes] | None = None
        self._looked_at = 0.0

    def _service(self, name: str, part: str, number: int) -> Service:
        log = self._settings.logs / f"{part}.log"
        return Service(name, command_of(part, number), log, self._environment)

    @property
    def services(self) -> list[Service]:
        """Those that are ours alone."""
        return [each for each in (self.worker, self.mlflow) if each is not None]

    @property
    def pids(self) -> dict[str, int | None]:
        """Process ids: ours, of the Prefect server's supervisor, and of the services' guards."""
        supervisor = self._server.supervisor
        return {
            "up": os.getpid(),
            "prefect": None if supervisor is None else supervisor.pid,
            "mlflow": None if self.mlflow is None else self.mlflow.pid,
            "worker": None if self.worker is None else self.worker.pid,
        }

    @property
    def addresses(self) -> dict[str, str]:
        """Of the servers' pages, and of Prefect's API."""
        api = self._server.url
        return {"prefect": api.removesuffix("/api"), "mlflow": self.mlflow_url, "api": api}

    def start(self) -> None:
        """Start everything, and return when all of it works.

        Raises:
            ServiceError: something could not be started.
        """
        if self.mlflow is not None:
            self.mlflow.start()
        self._watch.changed()
        self._deploy(BEGIN)  # loads what it needs while the servers start
        self._server()
        if self.worker is not None:
            before = self._heartbeat()
            self._await("the work pool", self._pool_there, None)
            self.worker.start()
            self._await(self.worker.name, lambda: self._heartbeat() != before, self.worker)
        if self.mlflow is None:
            self._await(f"MLflow at {self.mlflow_url}", self._mlflow_well, None)
        else:
            self._await(self.mlflow.name, self._mlflow_well, self.mlflow)
        self._await("the deployments", self._deployed, None)
        self._looked_at = time.monotonic()

    def keep(self) -> None:
        """Start again what dies, and register campaigns that are new, for ever."""
        while True:
            time.sleep(TICK_SECONDS)
            for service in self.services:
                if said := service.tend():
                    self._say(said)
                    if service is self.worker and self._deploying is None:
                        self._deploy(BEGIN, CAMPAIGNS)
            self._finish_deploying()
            if time.monotonic() - self._looked_at > WATCH_SECONDS:
                self._looked_at = time.monotonic()
                if self._server.revive():
                    self._say(f"the Prefect server was gone, and is started again: {self._log}")
                if self._deploying is None and self._watch.changed():
                    self._deploy(CAMPAIGNS)

    def stop(self) -> None:
        """Stop all of it but the Prefect server, which stops when nobody uses it."""
        for service in self.services:
            service.ask_to_stop()
        if self._deploying is not None:
            self._deploying.kill()
            self._deploying.wait()
        for service in self.services:
            service.wait(STOP_SECONDS + 4)

    @property
    def _log(self) -> str:
        return str(log_file(self._settings))

    def _deploy(self, *options: str) -> None:
        """Register deployments in a process that ends."""
        log = self._settings.logs / "deployments.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "flows.deploying", *options]
        with log.open("ab") as output:
            self._deploying = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _deployed(self) -> bool:
        """Whether the deployments are registered.

        Raises:
            ServiceError: they could not be.
        """
        if self._deploying is None:
            return True
        code = self._deploying.poll()
        if code is None:
            return False
        self._deploying = None
        if code != 0:
            log = self._settings.logs / "deployments.log"
            msg = f"the deployments could not be registered ({_tail(log)}): look into {log}"
            raise ServiceError(msg)
        return True

    def _finish_deploying(self) -> None:
        try:
            self._deployed()
        except ServiceError as error:
            self._watch.forget()  # tried again at the next look
            self._say(str(error))

    def _await(self, what: str, ready: Callable[[], bool], service: Service | None) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            for each in self.services:
                if each.pid is not None and not each.alive:
                    msg = f"{each.name} cannot be started ({each.last_word()})"
                    raise ServiceError(f"{msg}: look into {each.log}")
            if self._deploying is not None and what != "the deployments":
                self._deployed()
            if time.monotonic() > deadline:
                where = "" if service is None else f": look into {service.log}"
                raise ServiceError(f"{what} is not there within {START_SECONDS:.0f} s{where}")
            time.sleep(TICK_SECONDS / 2)

    def _mlflow_well(self) -> bool:
        return well(f"{self.mlflow_url}/health")

    def _pool_there(self) -> bool:
        with contextlib.suppress(Refused, OSError):
            return bool(self._prefect(f"work_pools/{POOL}"))
        return False

    def _heartbeat(self) -> str | None:
        """When our worker was last heard of, as the Prefect server says it."""
        with contextlib.suppress(Refused, OSError):
            name = worker_name(self._settings)
            for each in self._prefect(f"work_pools/{POOL}/workers/filter", {}):
                if each["name"] == name:
                    return str(each["last_heartbeat_time"])
        return None

    def _prefect(self, path: str, body: Any = None) -> Any:
        return ask(f"{self._server.url}/{path}", self._settings.access, body)


@contextmanager
def platform(
    settings: Settings, mlflow_port: int, runs: int | None, say: Say
) -> Iterator[Platform]:
    """The platform of a home; ended with the block.

    Raises:
        ServiceError: it is up already, or a port is taken.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(settings.home / "up.lock").acquire(timeout=0)
    except Timeout as error:
        msg = f"`cathode up` runs already for {settings.home}: stop it, or set CATHODE_HOME"
        raise ServiceError(msg) from error
    with lock, ExitStack() as last:
        if not settings.tracked_elsewhere and taken(mlflow_port, settings.access.reachable):
            msg = f"port {mlflow_port} is taken by another program: give a free one with"
            raise ServiceError(f"{msg} --mlflow-port")
        server = last.enter_context(prefect_server(settings))
        # Service managers kill what is left when we end.
        last.callback(server.wait_until_gone)
        last.callback(server.leave)
        whole = Platform(settings, server, mlflow_port, runs, say)
        last.callback(whole.stop)
        yield whole


def _tail(log: Any) -> str:
    return Service("", [], log, {}).last_word()
