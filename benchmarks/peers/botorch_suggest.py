"""Plain BoTorch on a table: its default GP, log noisy expected improvement of every untested row.

``SingleTaskGP`` brings the dimension-scaled priors and standardised values that BoTorch has by
default; the rows are a discrete set, so ``optimize_acqf_discrete`` looks at each.
"""

import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf_discrete
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.peers.protocol import Question, serve


def suggest(question: Question) -> int:
    """The row of highest acquisition."""
    torch.manual_seed(question.turn_seed)
    X = torch.tensor(question.X)
    tested, untested = X[question.observed], question.untested
    model = SingleTaskGP(tested, torch.tensor(question.gains).unsqueeze(-1))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    gain = qLogNoisyExpectedImprovement(model, tested, prune_baseline=True)
    best, _ = optimize_acqf_discrete(gain, q=1, choices=X[untested])
    return untested[int((X[untested] - best).abs().sum(dim=-1).argmin())]


if __name__ == "__main__":
    serve(suggest)
