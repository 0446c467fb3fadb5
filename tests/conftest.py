"""Fixtures that several rooms of the house share."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

# Small matrices: a second thread only costs. Set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from cathode.ledger import Ledger
from cathode.settings import Settings
from cathode.space import SearchSpace
from cathode.spec import CampaignSpec, load_spec
from flows.environment import prepare
from tests.helpers import campaign_in, free_port, fresh_database

TESTS = Path(__file__).parent

LONGEST = (
    "flows/test_run.py",
    "flows/test_suggest.py",
    "flows/test_kills.py",
    "flows/test_schedule.py",
    "flows/test_deploying.py",
    "deployments/test_deployments.py",
    "flows/backups/test_backups.py",
    "flows/test_lab.py",
    "flows/test_cli.py",
    "flows/studies/test_cli.py",
    "flows/studies/test_augmentation_cli.py",
    "flows/studies/additive/test_study.py",
    "flows/test_cgcnn.py",
    "flows/test_interrupt.py",
    "flows/test_server.py",
    "cathode/loop/test_cheaper.py",
    "agents/evaluators/chgnet/test_evaluator.py",
    "agents/proposers/test_any_space.py",
    "agents/proposers/test_asking.py",
)
"""Modules that take longest come first, so that no process is left with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture
def write_campaign(tmp_path: Path) -> Callable[..., Path]:
    """Write a small campaign and its table into a folder and return the spec's path."""
    return partial(campaign_in, tmp_path)


@pytest.fixture
def small_spec(write_campaign: Callable[..., Path]) -> CampaignSpec:
    """The small campaign, its table beside it."""
    return load_spec(write_campaign())


@pytest.fixture
def small_space(small_spec: CampaignSpec) -> SearchSpace:
    return SearchSpace.from_spec(small_spec.space)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for everything the platform writes."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CATHODE_HOME", str(folder))
    for name in ("CATHODE_LEDGER_URL", "MLFLOW_TRACKING_URI", "PREFECT_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a real PostgreSQL, started for this session on a socket of its own."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [None]
    initdb = shutil.which("initdb", path=str(binaries[-1])) if binaries[-1] else None
    if initdb is None:
        pytest.skip("PostgreSQL is not installed: its server's initdb was not found")
    bin_folder = Path(initdb).parent
    # Not in pytest's own folder, which every other run of pytest closes to other users.
    with TemporaryDirectory(prefix="cathode-postgres-") as folder:
        yield from _served(Path(folder), bin_folder)


def _served(place: Path, bin_folder: Path) -> Iterator[str]:
    initdb = bin_folder / "initdb"
    data, port = place / "data", free_port()
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root, and runuser is missing")
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(place, "postgres")
    options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [*as_user, initdb, "-D", data, "-A", "trust", "-U", "cathode"],
        check=True,
        capture_output=True,
        cwd=place,
    )
    control = [*as_user, bin_folder / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", options, "-l", place / "log", "start"], check=True, cwd=place)
    yield f"postgresql+psycopg://cathode@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=place)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on each database the platform supports."""
    if request.param == "sqlite":
        opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", create=True)
    else:
        opened = Ledger.open(fresh_database(request.getfixturevalue("postgres")), create=True)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", create=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A real Prefect server for this session; yields the environment of commands that use it."""
    from flows.server import prefect_server

    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("PREFECT_", "MLFLOW_", "CATHODE_")):
                patch.delenv(name)
        patch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
        settings = Settings.at(home)
        prepare(settings)
        with prefect_server(settings) as wait_until_ready:
            wait_until_ready()
            yield os.environ | {"OMP_NUM_THREADS": "1"}
