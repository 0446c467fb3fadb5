import numpy as np
import pytest
import torch
from botorch.acquisition import AcquisitionFunction

from agents.proposers import search
from cathode.space import SearchSpace
from cathode.spec import SpaceSpec


class Hill(AcquisitionFunction):
    """Highest at a known composition; falls towards whatever is pending."""

    def __init__(self, top):
        torch.nn.Module.__init__(self)
        self.top = torch.as_tensor(top)
        self.pending = torch.empty(0, len(top), dtype=torch.double)
        self.looks = 0

    def set_X_pending(self, X_pending=None):
        self.pending = X_pending

    def forward(self, X):
        self.looks += len(X)
        value = -((X - self.top) ** 2).sum(dim=(-1, -2))
        for point in self.pending:
            value = value - torch.exp(-((X - point) ** 2).sum(dim=(-1, -2)) / 0.02)
        return value


@pytest.fixture(scope="module")
def large():
    elements = ["Ni", "Mn", "Co", "Al", "Ti", "Mg", "Fe", "Zr"]
    return SearchSpace.from_spec(
        SpaceSpec.model_validate(
            {
                "prototype": "layered",
                "sites": {
                    "M": {
                        "step": 0.02,
                        "fractions": {e: {} for e in elements},
                        "at_most": [{"count": 3, "of": elements[3:]}],
                    }
                },
            }
        )
    )


def test_a_small_space_is_searched_as_a_whole(small_space):
    top = small_space.encode([list(small_space)[17]])[0]
    (best,) = search.best_candidates(Hill(top), small_space, 1, [], [], np.random.default_rng(0))
    assert best[0] == list(small_space)[17]
    assert best[1] == pytest.approx(0)


def test_a_large_space_is_climbed_to_its_top(large):
    assert large.size > 1e6
    (goal,) = large.candidates_at(large.sample(1, np.random.default_rng(3)))
    top = large.encode([goal])[0]
    (best,) = search.best_candidates(Hill(top), large, 1, [], [], np.random.default_rng(0))
    assert best[0] == goal


def test_batches_spread_because_each_choice_is_pending_for_the_next(small_space):
    top = small_space.encode([list(small_space)[17]])[0]
    chosen = search.best_candidates(Hill(top), small_space, 4, [], [], np.random.default_rng(0))
    X = small_space.encode([c for c, _ in chosen])
    apart = np.linalg.norm(X[:, None] - X[None], axis=2)[np.triu_indices(4, 1)]
    assert apart.min() > 0.15


def test_taken_and_pending_candidates_are_left_alone(small_space):
    every = list(small_space)
    top = small_space.encode([every[17]])[0]
    taken, pending = [every[17]], [every[18]]
    chosen = search.best_candidates(
        Hill(top), small_space, 5, taken, pending, np.random.default_rng(0)
    )
    assert not {every[17], every[18]} & {c for c, _ in chosen}


def test_a_batch_costs_little_more_than_its_first_choice(small_space, monkeypatch):
    monkeypatch.setattr(search, "LOOK", 2)
    hill = Hill(small_space.encode([list(small_space)[17]])[0])
    search.best_candidates(hill, small_space, 4, [], [], np.random.default_rng(0))
    assert small_space.size <= hill.looks <= 2 * small_space.size
