"""Work side by side: in processes, and on a real Dask cluster."""

import os

import pytest

from cathode.errors import ServiceError, SettingsError
from cathode.settings import Settings
from flows.runners import DaskPool, open_pool

_told = "nothing"


def prepare(word):
    global _told  # noqa: PLW0603 - of a process
    _told = word


def told(number):
    return number, _told, os.getpid()


def fail():
    raise ServiceError("as asked")


@pytest.fixture(scope="module")
def cluster():
    """Two real worker processes on loopback."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made.scheduler_address.removeprefix("tcp://")


@pytest.mark.slow
def test_a_cluster_does_what_processes_do(cluster, monkeypatch):
    monkeypatch.setenv("CATHODE_RUNNER", f"dask://{cluster}")
    with open_pool(1, prepare, "hello") as pool:
        found = [each.result(60) for each in [pool.submit(told, n) for n in range(8)]]
        assert [number for number, _, _ in found] == list(range(8))
        assert {word for _, word, _ in found} == {"hello"}
        assert os.getpid() not in {pid for _, _, pid in found}
        with pytest.raises(ServiceError, match="as asked"):
            pool.submit(fail).result(60)
    with open_pool(1, prepare, "other") as pool:
        assert pool.submit(told, 1).result(60)[1] == "other"


def test_without_one_it_says_so():
    with pytest.raises(ServiceError, match="no Dask scheduler answers at 127.0.0.1:1"):
        DaskPool("127.0.0.1:1", None, ())


@pytest.mark.parametrize("text", ["dask", "dask://", "dask://host", "dask://host:x", "ray://a:1"])
def test_runners_that_are_none(text, monkeypatch):
    monkeypatch.setenv("CATHODE_RUNNER", text)
    with pytest.raises(SettingsError, match="write processes, or dask://HOST:PORT"):
        Settings.from_environment()
