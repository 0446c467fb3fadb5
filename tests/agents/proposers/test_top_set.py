import pytest
import torch
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.models import SingleTaskGP

from agents.proposers.top_set import TopSetImprovement

X = torch.linspace(0, 1, 9, dtype=torch.double).unsqueeze(-1)
GRID = torch.linspace(0, 1, 41, dtype=torch.double).reshape(-1, 1, 1)


@pytest.fixture(scope="module", params=["learned", "stated"])
def model(request):
    """With noise that is learned, and with noise that every measurement states."""
    y = torch.sin(6 * X) * 20 + 100
    stated = torch.full_like(y, 4.0) if request.param == "stated" else None
    return SingleTaskGP(X, y, train_Yvar=stated).eval()


@pytest.fixture
def values(model):
    return model.outcome_transform.untransform(model.train_targets.unsqueeze(-1))[0].squeeze(-1)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_set_of_one_is_improvement_over_the_best(model, values, sign):
    with torch.no_grad():
        ours = TopSetImprovement(model, sign * values, 1, sign)(GRID)
        best = values.max() if sign > 0 else values.min()
        theirs = LogExpectedImprovement(model, best_f=float(best), maximize=sign > 0)(GRID)
    assert torch.allclose(ours, theirs)


def test_the_threshold_is_the_kth_best_and_the_worst_of_few(model):
    values = torch.tensor([5.0, 1.0, 3.0])
    assert [TopSetImprovement(model, values, k, 1).threshold for k in (1, 2, 3, 9)] == [5, 3, 1, 1]


def test_a_pending_point_promises_less_until_it_is_answered(model, values):
    acquisition = TopSetImprovement(model, values, 1, 1)
    with torch.no_grad():
        before = acquisition(GRID)
        top = int(before.argmax())
        acquisition.set_X_pending(GRID[top])
        during = acquisition(GRID)
        acquisition.set_X_pending(None)
        after = acquisition(GRID)
    assert during[top] < before[top]
    assert torch.allclose(before, after)
