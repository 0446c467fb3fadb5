"""Fixtures of tests that start servers of their own."""

import os
from pathlib import Path

import pytest

from tests.helpers import free_port


@pytest.fixture(scope="module")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all: Prefect's database takes seconds to make."""
    return tmp_path_factory.mktemp("server") / "home"


@pytest.fixture
def env(tmp_path: Path, server_home: Path) -> dict[str, str]:
    """A port of its own."""
    (tmp_path / "tmp").mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CATHODE_"))}
    return clean | {
        "CATHODE_HOME": str(server_home),
        "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api",
        "TMPDIR": str(tmp_path / "tmp"),
    }
