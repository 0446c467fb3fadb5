"""Propose what promises most, and what is worth knowing better."""

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from botorch.acquisition import AcquisitionFunction
from botorch.utils.sampling import manual_seed
from linear_operator.utils.warnings import NumericalWarning

from agents.proposers.acquisitions import Acquisitions
from agents.proposers.asking import Asking, may_choose
from agents.proposers.replicates import replicate
from agents.proposers.search import Scored, best_candidates
from cathode.errors import FitError
from cathode.model import Suggestion
from cathode.protocols import ProposalRequest
from cathode.rng import derived_seed
from cathode.spec import BayesianSpec


class BayesianProposer:
    """Bayesian optimisation: by default log noisy expected improvement, of hypervolume for several.

    Sources: Ament et al., "Unexpected improvements to expected improvement for Bayesian
    optimization", NeurIPS 2023 (the logarithmic forms, constraints); Daulton, Balandat, Bakshy,
    "Parallel Bayesian optimization of multiple noisy objectives", NeurIPS 2021.
    """

    name = "bayesian"

    def __init__(self, spec: BayesianSpec) -> None:
        self.spec = spec

    def propose(self, request: ProposalRequest) -> list[Suggestion]:
        """A replicate where one is due, then the highest acquisition, then what is least known.

        Raises:
            FitError: an objective or constraint has no surrogate to serve it.
            SpecError: the acquisition cannot do what the campaign wants.
        """
        needed = [item.property for item in (*request.objectives, *request.constraints)]
        if lacking := sorted(set(needed) - set(request.models or {})):
            msg = f"no surrogate serves {lacking[0]}: more measurements of it are needed"
            raise FitError(msg)
        # The campaign's seed and its progress: every turn draws samples of its own.
        seed = derived_seed(request.seed, request.proposed, self.name)
        built = Acquisitions(self.spec, request, seed)
        again = replicate(request, self.spec.replicates) if request.n else None
        found = [again] if again is not None else []
        wanted = request.n - len(found)
        learning = min(wanted, self._learning(request))
        rng = np.random.default_rng(seed)
        with manual_seed(seed), warnings.catch_warnings():
            # A linear kernel has few directions; the jitter it gets is below any noise.
            warnings.simplefilter("ignore", NumericalWarning)
            warnings.filterwarnings("ignore", "Sparse invariant checks", UserWarning)
            if wanted > learning:
                search = partial(best_candidates, coarse=built.coarse, shrinks=built.shrinks)
                n = wanted - learning
                more = n + 1 if may_choose(request) else n
                chosen = _chosen(search, built.build(), built.what, request, more, found, rng)
                following = next((each.candidate for each in chosen[n:]), None)
                found += Asking(built).addressed(chosen[:n], following)
            if learning:
                what, n = "log uncertainty, to learn", learning
                found += _chosen(best_candidates, built.variance(), what, request, n, found, rng)
        return found

    def _learning(self, request: ProposalRequest) -> int:
        """How many of the batch keep the campaign's share of exploration."""
        share = self.spec.explore
        return int((request.proposed + request.n) * share) - int(request.proposed * share)


def _chosen(
    search: Callable[..., list[Scored]],
    acquisition: AcquisitionFunction,
    what: str,
    request: ProposalRequest,
    n: int,
    before: Sequence[Suggestion],
    rng: np.random.Generator,
) -> list[Suggestion]:
    """The next n places of a batch, what was chosen before being pending."""
    pending = [*request.pending, *(suggestion.candidate for suggestion in before)]
    chosen = search(acquisition, request.space, n, request.excluded, pending, rng)
    return [
        Suggestion(c, value, f"highest {what} ({value:.2f}), place {place} of the batch")
        for place, (c, value) in enumerate(chosen, len(before) + 1)
    ]
