"""A small study, killed once and continued."""

import numpy as np
import pytest

from flows.studies.additive.data import read_study_data
from flows.studies.additive.settings import StudySettings
from flows.studies.additive.study import run_study

LONG = "a feature with a name that is much longer than a panel is wide"


@pytest.fixture(scope="session")
def squares(tmp_path_factory):
    """y is a sum of a square, a line and little noise: nonlinear, without any coupling."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)).round(3)
    y = 100 + 20 * (X[:, 0] ** 2 + X[:, 1] + 0.05 * rng.normal(size=60))
    file = tmp_path_factory.mktemp("squares") / "squares.csv"
    rows = [f"{a},{b},{c},7,{v:.4f}" for (a, b, c), v in zip(X, y, strict=True)]
    file.write_text("\n".join([f"square,line,{LONG},still,energy", *rows]) + "\n")
    return file


@pytest.fixture(scope="session")
def data(squares):
    return read_study_data(squares, "energy")


@pytest.fixture(scope="session")
def asked():
    return StudySettings(splits=6, coupling=(3,), nodes=(2, 1, 2))


@pytest.fixture(scope="session")
def told():
    """What was said of the progress: of the killed study, and of the one that continued it."""
    return [], []


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study") / "out"


@pytest.fixture(scope="session")
def study(data, asked, told, folder):
    first, second = told

    def until_killed(stage, done, total):
        first.append((stage, done, total))
        if done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(data, asked, folder, 1, tell=until_killed)
    return run_study(data, asked, folder, 1, tell=lambda *state: second.append(state))
