"""The local Prefect server: one for all its users, gone after the last of them."""

import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from flows.server import GRACE_SECONDS, STEADY_SECONDS, answers
from tests.flows.commands import cathode, servers
from tests.helpers import campaign_in

USER = """
import sys
from cathode.settings import Settings
from flows.environment import prepare
from flows.server import prefect_server

settings = Settings.from_environment()
prepare(settings)
with prefect_server(settings) as wait_until_ready:
    wait_until_ready()
    print("ready", flush=True)
    sys.stdin.readline()
"""


class User:
    """A process that uses the server until it is told to leave."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def leave(self) -> None:
        self.process.communicate("\n", timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def gone(env: dict[str, str], within: float) -> bool:
    deadline = time.monotonic() + within
    while servers(env) and time.monotonic() < deadline:
        time.sleep(0.2)
    return not servers(env)


def test_two_users_share_a_server_and_the_last_takes_it_along(env):
    first, second = User(env), User(env)
    first.wait_until_ready()
    second.wait_until_ready()
    assert len(servers(env)) == 2, "one supervisor, one server"
    first.leave()
    time.sleep(GRACE_SECONDS + 1)
    assert answers(env["PREFECT_API_URL"]), "the second still needs it"
    second.kill()  # who is killed cannot say good-bye
    assert gone(env, within=GRACE_SECONDS + 15)
    assert not answers(env["PREFECT_API_URL"])


@pytest.mark.slow
def test_a_server_that_dies_is_started_again_for_its_users(env):
    user = User(env)
    user.wait_until_ready()
    (server,) = (p for p in servers(env) if "flows.server" not in p.cmdline())
    time.sleep(STEADY_SECONDS + 2)
    server.kill()
    deadline = time.monotonic() + 60
    while not answers(env["PREFECT_API_URL"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert answers(env["PREFECT_API_URL"])
    user.leave()
    assert gone(env, within=GRACE_SECONDS + 15)


@pytest.mark.slow
def test_a_server_that_was_killed_is_started_anew(env):
    first = User(env)
    first.wait_until_ready()
    for process in servers(env):
        process.send_signal(signal.SIGKILL)
    first.leave()
    second = User(env)
    second.wait_until_ready()
    assert len(servers(env)) == 2
    second.leave()
    assert gone(env, within=GRACE_SECONDS + 15)


def test_a_port_that_another_program_has_is_named(env, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        url = f"http://127.0.0.1:{other.getsockname()[1]}/api"
        done = cathode("run", campaign_in(tmp_path), env=env | {"PREFECT_API_URL": url})
    assert done.returncode == 2
    assert f"no Prefect server answers at {url}, but another program has port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_pages_of_strangers_may_not_use_the_server(prefect):
    """The address is known to every page that a browser shows."""
    api = prefect["PREFECT_API_URL"]

    def allowed(origin: str) -> str | None:
        answer = httpx.get(f"{api}/health", headers={"Origin": origin})
        return answer.headers.get("Access-Control-Allow-Origin")

    own = api.removesuffix("/api")
    assert allowed(own) == own
    assert allowed(own.replace("127.0.0.1", "localhost")) is not None
    assert allowed("https://evil.example") is None
