"""Whom to ask about a candidate: the campaign's own evaluator, or a cheaper one first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from agents.proposers.acquisitions import COARSE, Acquisitions
from agents.proposers.weights import per_cost
from cathode.model import Candidate, Suggestion
from cathode.protocols import Cheaper, ProposalRequest

DRAWS = 8
"""Answers that are imagined of a cheaper evaluator."""


def may_choose(request: ProposalRequest) -> bool:
    """Whether a cheaper answer could serve at all."""
    return bool(request.cheaper) and not request.final


@dataclass(frozen=True)
class Asking:
    """Decides whether a cheaper answer is worth its cost before a candidate gets a result.

    Without it, the candidate's result costs c and brings the improvement a that is expected of it.
    With it, only what still promises more than the next best candidate, b per cost, gets one. What
    is saved is the expected shortfall behind that next best, ``E[max(0, b - a')] / b`` results,
    where a' is the improvement expected once the answer is known. A cheaper evaluator is asked
    where that is more than its answer costs, and of several the one that saves most. This is the
    value of information (Howard, "Information value theory", IEEE Trans. Syst. Sci. Cybern. 2, 22
    (1966)), looking one answer ahead, with results at the price of the next best.

    Who was asked already, or has told all it can, saves nothing, so a campaign never screens for
    ever, as it does where improvement per cost and correlation decide alone.

    Attributes:
        acquisitions: what improvement is, of one request.
    """

    acquisitions: Acquisitions

    def addressed(
        self, chosen: Sequence[Suggestion], following: Candidate | None
    ) -> list[Suggestion]:
        """The suggestions, each to whom it is best put.

        Args:
            chosen: candidates that would get a result.
            following: the candidate that would be next; None where the space holds no more.
        """
        if following is None or not may_choose(self.acquisitions.request):
            return list(chosen)
        bar = self._values(self.acquisitions, following)
        return [self._addressed(suggestion, bar) for suggestion in chosen]

    def _addressed(self, suggestion: Suggestion, bar: float) -> Suggestion:
        request, candidate = self.acquisitions.request, suggestion.candidate
        price = self._price(candidate)
        best, most = suggestion, 0.0
        for each in request.cheaper:
            if candidate in each.excluded:
                continue
            saved = self._saved(each, candidate, bar)
            if saved * price - each.cost > most:
                most = saved * price - each.cost
                words = f"{each.name} is asked first: expected to save {saved:.0%} of a result for "
                reason = f"{suggestion.reason}; {words}{each.cost / price:.1%} of its cost"
                best = replace(suggestion, evaluator=each.name, reason=reason)
        return best

    def _saved(self, cheaper: Cheaper, candidate: Candidate, bar: float) -> float:
        """Share of a result that the answer is expected to save."""
        request = self.acquisitions.request
        models = dict(request.models or {})
        X = torch.as_tensor(request.space.encode([candidate]))
        draws = _normal(len(models), self.acquisitions.seed)
        after = [
            fitted.told(X, cheaper.name, column)
            for fitted, column in zip(models.values(), draws.T, strict=True)
        ]
        if all(each is None for each in after):
            return 0.0
        saved = []
        for i in range(DRAWS):
            then = {
                name: fitted if told is None else told[i]
                for (name, fitted), told in zip(models.items(), after, strict=True)
            }
            imagined = replace(self.acquisitions, request=replace(request, models=then))
            left = np.exp(min(0.0, self._values(imagined, candidate) - bar))
            saved.append(1 - left)
        return float(np.mean(saved))

    def _values(self, acquisitions: Acquisitions, candidate: Candidate) -> float:
        """Logarithm of the improvement per cost that is expected of a candidate by itself."""
        request = acquisitions.request
        fewer = acquisitions.spec.model_copy(update={"samples": COARSE})
        acquisition = replace(acquisitions, spec=fewer).build()
        waiting = [c for c in request.pending if request.space.has_coordinates(c)]
        if waiting:
            acquisition.set_X_pending(torch.as_tensor(request.space.encode(waiting)))
        with torch.no_grad():
            X = torch.as_tensor(request.space.encode([candidate]))
            return float(acquisition(X.unsqueeze(-2)))

    def _price(self, candidate: Candidate) -> float:
        """Cost of a result."""
        cost, space = self.acquisitions.spec.cost, self.acquisitions.request.space
        if cost is None:
            return 1.0
        X = torch.as_tensor(space.encode([candidate])).unsqueeze(-2)
        return float(per_cost(cost, space)(X).neg().exp())


def _normal(dimensions: int, seed: int) -> NDArray[np.float64]:
    """Evenly spread draws of a standard normal, shape (DRAWS, dimensions)."""
    uniform = qmc.Sobol(dimensions, rng=seed).random(DRAWS)
    return np.asarray(norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6)))
