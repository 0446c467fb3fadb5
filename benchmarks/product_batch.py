"""A batch of the product from a space of mixtures; driven by ``benchmarks.peer_costs``."""

import sys
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from agents.proposers.bayesian import BayesianProposer
from benchmarks.peers.mixtures import BATCH, HOURS, TEMPERATURES, Mixture, measure
from cathode.model import Candidate, TrainingData
from cathode.protocols import ProposalRequest
from cathode.space import SearchSpace
from cathode.spec import BayesianSpec, GPSpec, Objective, SpaceSpec
from surrogates.gp.surrogate import GPSurrogate

ELEMENTS = ("Al", "Co", "Fe", "Mg", "Mn", "Ni", "Ti", "Zr")
"""Stand for the parts of a mixture, in the order of the space."""

Campaign = tuple[SearchSpace, list[Candidate], NDArray[np.float64]]


def build(mixture: Mixture) -> Campaign:
    """The space, what was made of it, and what was measured."""
    elements = ELEMENTS[: mixture.parts]
    spec = {
        "prototype": "layered",
        "sites": {"M": {"step": f"1/{mixture.steps}", "fractions": {e: {} for e in elements}}},
        "variables": {
            "hours": {"kind": "ordered", "values": HOURS, "unit": "h"},
            "temperature": {"kind": "ordered", "values": TEMPERATURES, "unit": "degC"},
        },
    }
    rows, y = mixture.observations()
    made = []
    for row in rows:
        counts = zip(elements, row, strict=False)  # the conditions stand behind
        recipe = {e: Fraction(int(n), mixture.steps) for e, n in counts}
        conditions = {"temperature": float(row[-2]), "hours": float(row[-1])}
        made.append(Candidate.of("layered", {"M": recipe}, conditions))
    return SearchSpace.from_spec(SpaceSpec.model_validate(spec)), made, y


def suggest(mixture: Mixture, campaign: Campaign) -> NDArray[np.float64]:
    """Fit and propose with default settings; steps, temperature and hours, shape (n, parts + 2)."""
    space, made, y = campaign
    ids = tuple(candidate.id for candidate in made)
    data = TrainingData("y", space.encode(made), y, np.full(len(y), np.nan), ids)
    request = ProposalRequest(
        space=space,
        n=BATCH,
        seed=0,
        objectives=(Objective(property="y"),),
        models={"y": GPSurrogate(GPSpec(kind="gp"), space).fit(data, 0)},
        observed={"y": data},
        excluded=tuple(made),
        proposed=len(made),
    )
    rows = []
    for suggestion in BayesianProposer(BayesianSpec()).propose(request):
        fractions = suggestion.candidate.on_site("M")
        given = dict(suggestion.candidate.conditions)
        counts = [fractions.get(e, 0) * mixture.steps for e in ELEMENTS[: mixture.parts]]
        rows.append([*map(float, counts), given["temperature"], given["hours"]])
    return np.array(rows)


if __name__ == "__main__":
    measure(sys.argv[1], build, suggest)
