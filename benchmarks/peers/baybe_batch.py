"""BayBE: a batch from a campaign, everything its default.

``listed``: the discrete space that ``SubspaceDiscrete.from_simplex`` makes, BayBE's own way for
mixtures; it lists all candidates. ``wide``: BayBE's list would not fit anywhere, so the fractions
are continuous parameters with a linear constraint and the conditions stay discrete, its hybrid
space; the fractions it proposes are not on the grid.
"""

import sys

import numpy as np
import pandas as pd
from baybe import Campaign
from baybe.constraints import ContinuousLinearConstraint
from baybe.parameters import NumericalContinuousParameter, NumericalDiscreteParameter
from baybe.searchspace import SearchSpace, SubspaceDiscrete
from baybe.settings import Settings
from baybe.targets import NumericalTarget
from numpy.typing import NDArray

from benchmarks.peers.mixtures import BATCH, HOURS, TEMPERATURES, Mixture, measure

CONDITIONS = ("temperature", "hours")


def space(mixture: Mixture) -> SearchSpace:
    """A listed simplex where it can be, else continuous fractions."""
    conditions = [
        NumericalDiscreteParameter(name, values)
        for name, values in zip(CONDITIONS, (TEMPERATURES, HOURS), strict=True)
    ]
    if mixture.size < 1e6:
        steps = np.arange(mixture.steps + 1) / mixture.steps
        return SubspaceDiscrete.from_simplex(
            max_sum=1.0,
            simplex_parameters=[NumericalDiscreteParameter(x, steps) for x in mixture.names],
            product_parameters=conditions,
            boundary_only=True,
        ).to_searchspace()
    total = ContinuousLinearConstraint(mixture.names, "=", [1.0] * mixture.parts, 1.0)
    fractions = [NumericalContinuousParameter(x, (0, 1)) for x in mixture.names]
    return SearchSpace.from_product([*fractions, *conditions], [total])


def build(mixture: Mixture) -> Campaign:
    """The campaign with its observations."""
    rows, y = mixture.observations()
    made = pd.DataFrame(rows, columns=[*mixture.names, *CONDITIONS])
    made[mixture.names] /= mixture.steps
    campaign = Campaign(space(mixture), NumericalTarget("y").to_objective())
    campaign.add_measurements(made.assign(y=y))
    return campaign


def suggest(mixture: Mixture, campaign: Campaign) -> NDArray[np.float64]:
    """A batch as steps and conditions."""
    with Settings(random_seed=0):
        batch = campaign.recommend(batch_size=BATCH)[[*mixture.names, *CONDITIONS]].to_numpy()
    batch[:, : mixture.parts] *= mixture.steps
    return batch


if __name__ == "__main__":
    measure(sys.argv[1], build, suggest)
