"""The specs that come with the platform say what can be."""

from pathlib import Path

import numpy as np
import pytest

from cathode.space import SearchSpace
from cathode.spec import PoolSpec, load_spec

FOLDER = Path(__file__).parents[2] / "campaigns"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_they_load_and_hold_candidates(path):
    spec = load_spec(path)
    assert spec.name == path.stem.replace("_", "-")
    if isinstance(spec.space, PoolSpec):
        return
    space = SearchSpace.from_spec(spec.space)
    points = space.sample(50, np.random.default_rng(0))
    assert space.keeps(points).all()
    for candidate in space.candidates_at(points):
        assert candidate in space


def test_the_olivine_space_is_as_large_and_as_narrow_as_said():
    spec = load_spec(FOLDER / "olivine_dopants.yaml")
    dopants = set(spec.space.sites["M"].at_most[0].of)
    assert len(dopants) >= 20
    space = SearchSpace.from_spec(spec.space)
    assert space.size > 1e7
    for candidate in space.candidates_at(space.sample(100, np.random.default_rng(1))):
        metals = candidate.on_site("M")
        assert len(set(metals) & dopants) <= 3
        assert sum(float(metals.get(d, 0)) for d in dopants) <= 0.1 + 1e-12
