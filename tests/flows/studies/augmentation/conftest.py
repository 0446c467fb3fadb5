"""A small study of rocksalt crystals, killed once and continued."""

import numpy as np
import pytest

from flows.studies.augmentation.data import Source, read_study_data
from flows.studies.augmentation.settings import Network, StudySettings
from flows.studies.augmentation.study import run_study
from tests.flows.studies.augmentation.rocksalt import write_folder

TINY = Network(atom=8, hidden=8, convolutions=1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("rocksalt"))


@pytest.fixture(scope="session")
def source(folder, tmp_path_factory):
    return Source(folder, ("average_voltage",), "all", tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def data(source):
    return read_study_data(source)


@pytest.fixture(scope="session")
def asked():
    return StudySettings(
        methods=("none", "anisotropic-5"),
        replicates=2,
        mode="copies",
        epochs=2,
        network=TINY,
    )


@pytest.fixture(scope="session")
def told():
    """What was said of the progress: of the killed study, and of the one that continued it."""
    return [], []


@pytest.fixture(scope="session")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("study") / "out"


@pytest.fixture(scope="session")
def study(source, data, asked, told, out):
    first, second = told

    def until_killed(words):
        first.append(words)
        if len(first) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(source, data, asked, out, 1, say=until_killed)
    return run_study(source, data, asked, out, 1, say=second.append)


@pytest.fixture(scope="session")
def rng():
    return np.random.default_rng(0)
