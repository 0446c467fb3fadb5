"""Propose what promises most: expected improvement, or hypervolume improvement."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.acquisition.objective import GenericMCObjective
from botorch.models import ModelListGP
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.model import Model, ModelList
from botorch.sampling.get_sampler import get_sampler
from botorch.utils.sampling import manual_seed
from linear_operator.utils.warnings import NumericalWarning
from torch import Tensor

from agents.proposers.search import best_candidates
from agents.proposers.top_set import TopSetImprovement
from cathode.errors import FitError, SpecError
from cathode.model import Suggestion
from cathode.protocols import FittedSurrogate, ProposalRequest
from cathode.rng import derived_seed
from cathode.spec import BayesianSpec, Objective

Samples = Callable[[Tensor], Tensor]


# BoTorch would compile a faster inner loop with the machine's own C++ compiler on first use: 40 s,
# other last digits on other processors, and a lock that a killed process leaves behind for ever.
logei._load_attempted = True  # noqa: SLF001


class BayesianProposer:
    """Log noisy expected improvement of one objective, hypervolume improvement of several.

    Sources: Ament et al., "Unexpected improvements to expected improvement for Bayesian
    optimization", NeurIPS 2023 (the logarithmic forms, constraints); Daulton, Balandat, Bakshy,
    "Parallel Bayesian optimization of multiple noisy objectives", NeurIPS 2021.
    """

    name = "bayesian"

    def __init__(self, spec: BayesianSpec) -> None:
        self.spec = spec

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """The batch of highest acquisition.

        Raises:
            FitError: an objective or constraint has no surrogate to serve it.
        """
        needed = [item.property for item in (*request.objectives, *request.constraints)]
        if lacking := sorted(set(needed) - set(request.models or {})):
            msg = f"no surrogate serves {lacking[0]}: more measurements of it are needed"
            raise FitError(msg)
        # The campaign's seed and its progress: every turn draws samples of its own.
        seed = derived_seed(request.seed, request.proposed, self.name)
        with manual_seed(seed), warnings.catch_warnings():
            # A linear kernel has few directions; the jitter it gets is below any noise.
            warnings.simplefilter("ignore", NumericalWarning)
            warnings.filterwarnings("ignore", "Sparse invariant checks", UserWarning)
            acquisition = self._acquisition(request, seed)
            chosen = best_candidates(
                acquisition,
                request.space,
                request.n,
                request.excluded,
                request.pending,
                np.random.default_rng(seed),
            )
        what = (
            "expected hypervolume gain" if len(request.objectives) > 1 else "expected improvement"
        )
        return [
            Suggestion(c, value, f"highest {what} (log {value:.2f}), place {place} of the batch")
            for place, (c, value) in enumerate(chosen, 1)
        ]

    def _acquisition(self, request: ProposalRequest, seed: int) -> AcquisitionFunction:
        models = dict(request.models or {})
        if self.spec.share is not None:
            return _top_set(request, models, self.spec.share)
        column = {name: i for i, name in enumerate(models)}
        gains = [_gain(objective, column[objective.property]) for objective in request.objectives]
        model, X_baseline = _joined(models), _baseline(request)
        common = {
            "model": model,
            "X_baseline": X_baseline,
            "sampler": get_sampler(
                model.posterior(X_baseline[:1]), torch.Size([self.spec.samples]), seed=seed
            ),
            "constraints": _constraints(request, column) or None,
            "prune_baseline": True,
        }
        if len(gains) == 1:
            objective = GenericMCObjective(lambda Y, X=None: gains[0](Y))  # noqa: ARG005
            return qLogNoisyExpectedImprovement(objective=objective, **common)
        several = GenericMCMultiOutputObjective(
            lambda Y, X=None: torch.stack([g(Y) for g in gains], dim=-1)  # noqa: ARG005
        )
        return qLogNoisyExpectedHypervolumeImprovement(
            ref_point=list(request.reference), objective=several, **common
        )


def _top_set(
    request: ProposalRequest, models: Mapping[str, FittedSurrogate], share: float
) -> AcquisitionFunction:
    """Improvement over what the best share of the space reaches.

    Raises:
        SpecError: there are several objectives, a target or constraints.
    """
    objective = request.objectives[0]
    if len(request.objectives) > 1 or objective.goal == "target" or request.constraints:
        msg = f"proposer.share={share}: needs a single objective to maximise or minimise and "
        raise SpecError(msg + "no constraints; leave share out")
    sign = 1 if objective.goal == "max" else -1
    measured = (request.observed or {})[objective.property]
    best = {}  # a candidate counts once, however often it was measured
    for group, value in zip(measured.groups, sign * measured.y, strict=True):
        best[group] = max(value, best.get(group, value))
    values = torch.tensor(list(best.values()))
    k = max(1, round(share * request.space.size))
    return TopSetImprovement(models[objective.property].model, values, k, sign)


def _joined(models: Mapping[str, FittedSurrogate]) -> Model:
    """One model with a column per property; GPs together share work that others cannot."""
    parts = [fitted.model for fitted in models.values()]
    alike = all(isinstance(part, GPyTorchModel) for part in parts)
    return ModelListGP(*parts) if alike else ModelList(*parts)


def _gain(objective: Objective, column: int) -> Samples:
    """Samples ``... x properties`` to the gain ``...`` of one objective."""
    if objective.goal == "max":
        return lambda Y: Y[..., column]
    if objective.goal == "min":
        return lambda Y: -Y[..., column]
    target = float(objective.target or 0.0)
    return lambda Y: -(Y[..., column] - target).abs()


def _constraints(request: ProposalRequest, column: dict[str, int]) -> list[Samples]:
    """BoTorch's convention: samples are feasible where the value is at most zero."""
    functions: list[Samples] = []
    for constraint in request.constraints:
        i, low, high = column[constraint.property], constraint.min, constraint.max
        if high is not None:
            functions.append(lambda Y, i=i, high=high: Y[..., i] - high)
        if low is not None:
            functions.append(lambda Y, i=i, low=low: low - Y[..., i])
    return functions


def _baseline(request: ProposalRequest) -> Tensor:
    """Distinct coordinates at which anything that matters was measured, shape (n, d)."""
    measured = [data.X for data in (request.observed or {}).values()]
    return torch.as_tensor(np.unique(np.concatenate(measured), axis=0))
