"""The acquisition functions a spec may ask for, built from a request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction, qUpperConfidenceBound
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.acquisition.objective import GenericMCObjective
from botorch.models import ModelListGP
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.model import Model, ModelList
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import get_sampler
from torch import Tensor

from agents.proposers.learning import MaximumVariance, ThompsonSampling
from agents.proposers.top_set import TopSetImprovement
from agents.proposers.weights import Weighted, chance_of_success, chance_within, per_cost
from cathode.errors import SpecError
from cathode.protocols import FittedSurrogate, ProposalRequest
from cathode.space import PoolSpace
from cathode.spec import BayesianSpec, Objective
from cathode.spec.proposer import DEFAULT_SHARE

COARSE = 16
"""Posterior samples by which large spaces are climbed."""

UNMEASURED = 16
"""Random candidates over whose expected values improvement counts where nothing was measured."""

Samples = Callable[[Tensor], Tensor]


# BoTorch would compile a faster inner loop with the machine's own C++ compiler on first use: 40 s,
# other last digits on other processors, and a lock that a killed process leaves behind for ever.
logei._load_attempted = True  # noqa: SLF001


@dataclass(frozen=True)
class Acquisitions:
    """Builds acquisition functions of one request.

    Attributes:
        spec: what is asked for.
        request: what is known.
        seed: of the posterior samples.
    """

    spec: BayesianSpec
    request: ProposalRequest
    seed: int

    def build(self) -> AcquisitionFunction:
        """The acquisition of the spec, weighted by success and cost where these are known.

        Raises:
            SpecError: it cannot do what the campaign wants.
        """
        builders = {
            "improvement": self._improvement,
            "log_ei": self._log_ei,
            "ucb": self._ucb,
            "thompson": self._thompson,
            "variance": self.variance,
        }
        inner = builders[self.spec.acquisition]()
        weights = []
        # A confidence bound and a draw are no gains that a chance could be multiplied with.
        if self.request.success is not None and self.spec.acquisition not in ("ucb", "thompson"):
            weights.append(chance_of_success(self.request.success.model))
        if self.spec.cost is not None:
            weights.append(per_cost(self.spec.cost, self.request.space))
        return Weighted(inner, weights) if weights else inner

    def coarse(self) -> AcquisitionFunction | None:
        """The same with few samples, for the way to where it is high; None where it needs none."""
        closed = self.spec.acquisition in ("log_ei", "thompson", "variance")
        if closed or self.spec.samples <= COARSE or self._share() is not None:
            return None
        fewer = self.spec.model_copy(update={"samples": COARSE})
        return replace(self, spec=fewer).build()

    @property
    def shrinks(self) -> bool:
        """Whether no value rises as a batch grows.

        A joint confidence bound does, another draw does, and so does improvement over the worst
        of few values when a worse one is believed in.
        """
        if self.spec.acquisition == "improvement":
            return self._share() is None
        return self.spec.acquisition in ("log_ei", "variance")

    def variance(self) -> AcquisitionFunction:
        """Where least is known."""
        return MaximumVariance([fitted.model for fitted in self._models.values()])

    @property
    def what(self) -> str:
        """The acquisition in words."""
        return f"{self._name} per cost" if self.spec.cost is not None else self._name

    @property
    def _name(self) -> str:
        if self.spec.acquisition != "improvement":
            return {
                "log_ei": "log expected improvement",
                "ucb": "upper confidence bound",
                "thompson": "value of a function drawn from the posterior",
                "variance": "log uncertainty",
            }[self.spec.acquisition]
        if len(self.request.objectives) > 1:
            return "log expected hypervolume gain"
        return "log expected improvement"

    @property
    def _models(self) -> Mapping[str, FittedSurrogate]:
        return self.request.models or {}

    @cached_property
    def _column(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self._models)}

    @cached_property
    def _model(self) -> Model:
        """One model with a column per property; GPs together share work that others cannot."""
        parts = [fitted.model for fitted in self._models.values()]
        alike = all(isinstance(part, GPyTorchModel) for part in parts)
        return ModelListGP(*parts) if alike else ModelList(*parts)

    @cached_property
    def _baseline(self) -> Tensor:
        """Distinct coordinates at which anything that matters was measured, shape (n, d).

        Those of bounds are among them: how good they are, the models tell. Where nothing was
        measured, and a history alone says what to expect, random ones: improvement is then that
        over what chance would take.
        """
        measured = [data.X for data in (self.request.observed or {}).values() if len(data)]
        if not measured:
            space, rng = self.request.space, np.random.default_rng(self.seed)
            measured = [space.coordinates_of(space.sample(UNMEASURED, rng))]
        return torch.as_tensor(np.unique(np.concatenate(measured), axis=0))

    @cached_property
    def _sampler(self) -> MCSampler:
        posterior = self._model.posterior(self._baseline[:1])
        return get_sampler(posterior, torch.Size([self.spec.samples]), seed=self.seed)

    @cached_property
    def _gains(self) -> list[Samples]:
        return [_gain(o, self._column[o.property]) for o in self.request.objectives]

    @cached_property
    def _single(self) -> GenericMCObjective:
        if len(self._gains) > 1:
            msg = f"acquisition={self.spec.acquisition!r} knows one objective: use 'improvement'"
            raise SpecError(msg)
        return GenericMCObjective(lambda Y, X=None: self._gains[0](Y))  # noqa: ARG005

    def _improvement(self) -> AcquisitionFunction:
        if (share := self._share()) is not None:
            return _top_set(self.request, self._models, share, self._baseline)
        common = {
            "model": self._model,
            "X_baseline": self._baseline,
            "sampler": self._sampler,
            "constraints": self._constraints() or None,
            "prune_baseline": True,
        }
        if len(self._gains) == 1:
            return qLogNoisyExpectedImprovement(objective=self._single, **common)
        several = GenericMCMultiOutputObjective(
            lambda Y, X=None: torch.stack([g(Y) for g in self._gains], dim=-1)  # noqa: ARG005
        )
        return qLogNoisyExpectedHypervolumeImprovement(
            ref_point=list(self.request.reference), objective=several, **common
        )

    def _log_ei(self) -> AcquisitionFunction:
        """In closed form; what is pending is believed to read what is expected."""
        objective = self.request.objectives[0]
        if len(self.request.objectives) > 1 or objective.goal == "target":
            msg = "acquisition='log_ei' knows one objective, max or min: use 'improvement'"
            raise SpecError(msg)
        with torch.no_grad():
            mean = self._model.posterior(self._baseline).mean
        gain = self._gains[0](mean)
        feasible = torch.ones(len(gain), dtype=torch.bool)
        for constraint in self._constraints():
            feasible &= constraint(mean) <= 0
        # Where nothing is feasible yet, whatever is will be an improvement.
        values = gain[feasible] if feasible.any() else gain.min()[None]
        sign = 1 if objective.goal == "max" else -1
        inner = TopSetImprovement(self._models[objective.property].model, values, 1, sign)
        chances = [
            chance_within(self._models[c.property].model, c.min, c.max)
            for c in self.request.constraints
        ]
        return Weighted(inner, chances) if chances else inner

    def _ucb(self) -> AcquisitionFunction:
        self._refuse_constraints()
        return qUpperConfidenceBound(
            self._model, self.spec.beta, sampler=self._sampler, objective=self._single
        )

    def _thompson(self) -> AcquisitionFunction:
        self._refuse_constraints()
        models = {name: fitted.model for name, fitted in self._models.items()}
        return ThompsonSampling(models, self._single)

    def _refuse_constraints(self) -> None:
        if self.request.constraints:
            msg = f"acquisition={self.spec.acquisition!r} knows no constraints: use 'improvement'"
            raise SpecError(msg)

    def _constraints(self) -> list[Samples]:
        """BoTorch's convention: samples are feasible where the value is at most zero."""
        functions: list[Samples] = []
        for constraint in self.request.constraints:
            i, low, high = self._column[constraint.property], constraint.min, constraint.max
            if high is not None:
                functions.append(lambda Y, i=i, high=high: Y[..., i] - high)
            if low is not None:
                functions.append(lambda Y, i=i, low=low: low - Y[..., i])
        return functions

    def _share(self) -> float | None:
        if self.spec.share != "auto":
            return self.spec.share
        plain = len(self.request.objectives) == 1 and not self.request.constraints
        # Cheaper answers tell which rows are good; only of the best are results wanted then.
        table = isinstance(self.request.space, PoolSpace) and not self.request.cheaper
        return DEFAULT_SHARE if table and plain and self._goal != "target" else None

    @property
    def _goal(self) -> str:
        return self.request.objectives[0].goal


def _gain(objective: Objective, column: int) -> Samples:
    """Samples ``... x properties`` to the gain ``...`` of one objective."""
    if objective.goal == "max":
        return lambda Y: Y[..., column]
    if objective.goal == "min":
        return lambda Y: -Y[..., column]
    target = float(objective.target or 0.0)
    return lambda Y: -(Y[..., column] - target).abs()


def _top_set(
    request: ProposalRequest,
    models: Mapping[str, FittedSurrogate],
    share: float,
    baseline: Tensor,
) -> AcquisitionFunction:
    """Improvement over what the best share of the space reaches.

    Args:
        request: what is known.
        models: of each property.
        share: of the space.
        baseline: places whose expected values stand for measured ones where there are none.

    Raises:
        SpecError: there are several objectives, a target or constraints.
    """
    objective = request.objectives[0]
    if len(request.objectives) > 1 or request.constraints or objective.goal == "target":
        msg = f"proposer.share={share}: needs a single objective to maximise or minimise and "
        raise SpecError(msg + "no constraints; leave share out")
    sign = 1 if objective.goal == "max" else -1
    measured = (request.observed or {})[objective.property].exact  # a bound is none of the best
    best = {}  # a candidate counts once, however often it was measured
    for group, value in zip(measured.groups, sign * measured.y, strict=True):
        best[group] = max(value, best.get(group, value))
    values, model = torch.tensor(list(best.values())), models[objective.property].model
    if not best:
        with torch.no_grad():
            values = sign * model.posterior(baseline).mean.squeeze(-1)
    k = max(1, round(share * request.space.size))
    return TopSetImprovement(model, values, k, sign)
