"""Replays of tables with two answers a row, a wanted and a cheaper one, by several methods."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from botorch.acquisition.cost_aware import InverseCostWeightedUtility
from botorch.acquisition.max_value_entropy_search import qMultiFidelityMaxValueEntropy
from botorch.acquisition.utils import project_to_target_fidelity
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskMultiFidelityGP
from botorch.models.cost import AffineFidelityCostModel
from botorch.models.transforms.outcome import Standardize
from botorch.utils.sampling import manual_seed
from gpytorch.mlls import ExactMarginalLogLikelihood

from agents.proposers.registry import build_proposer
from benchmarks.fidelity_tables import TwoFidelities
from cathode.evaluation.backtest import TOP_SHARE, top_rows
from cathode.model import TrainingData
from cathode.protocols import Cheaper, ProposalRequest
from cathode.rng import derived_seed
from cathode.space import PoolSpace
from cathode.spec import BayesianSpec, GPSpec, Objective
from surrogates.registry import build_surrogate

START = 10
"""Random rows that all methods begin with, answered by all whom a method asks."""

LEVEL = 0.8
"""Share of the best twentieth at which a replay ends."""

QUICK = "quick"
Asked = tuple[int, bool]
"""A row, and whether the cheaper answer was asked for."""


@dataclass
class Campaign:
    """What was asked so far.

    Attributes:
        table: all answers.
        cost: of a cheaper answer, where a wanted one costs 1.
        asked: in order.
    """

    table: TwoFidelities
    cost: float
    asked: list[Asked] = field(default_factory=list)

    def rows(self, *, quick: bool) -> list[int]:
        """Rows whose wanted, or whose cheaper, answer is known."""
        return [row for row, cheap in self.asked if cheap == quick]

    @property
    def spent(self) -> float:
        """Cost of all answers."""
        return sum(self.cost if quick else 1.0 for _, quick in self.asked)

    @property
    def until_best(self) -> float:
        """Cost until the best row had its result; infinite where it has none."""
        best, spent = int(self.table.own.argmax()), 0.0
        for row, quick in self.asked:
            spent += self.cost if quick else 1.0
            if row == best and not quick:
                return spent
        return float("inf")

    @property
    def found(self) -> float:
        """Share of the best twentieth whose wanted answer is known."""
        top = top_rows(self.table.own, "max", TOP_SHARE)
        return float(np.isin(top, self.rows(quick=False)).mean())


@dataclass(frozen=True)
class Method:
    """Decides what to ask next.

    Attributes:
        choose: given what was asked and a seed.
        screens: whether it asks for cheaper answers, too.
    """

    choose: Callable[[Campaign, int], Asked]
    screens: bool = True


def replay(table: TwoFidelities, cost: float, method: Method, seed: int, level: float) -> Campaign:
    """Ask until that share of the best twentieth is found."""
    campaign = Campaign(table, cost)
    start = np.random.default_rng(seed).choice(len(table.own), START, replace=False)
    both = (False, True) if method.screens else (False,)
    campaign.asked = [(int(row), quick) for quick in both for row in start]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while campaign.found < level:
            campaign.asked.append(method.choose(campaign, seed))
    return campaign


def product(campaign: Campaign, seed: int) -> Asked:
    """The product, which may ask for either."""
    return _product(campaign, seed, both=True)


def product_alone(campaign: Campaign, seed: int) -> Asked:
    """The product without cheaper answers."""
    return _product(campaign, seed, both=False)


def _product(campaign: Campaign, seed: int, *, both: bool) -> Asked:
    table = campaign.table
    space = PoolSpace.of_rows(table.columns, table.X)
    ids = [candidate.id for candidate in space.candidates]
    known = [(row, quick) for row, quick in campaign.asked if both or not quick]
    rows = [row for row, _ in known]
    y = np.array([(table.quick if quick else table.own)[row] for row, quick in known])
    data = TrainingData(
        "y",
        table.X[rows],
        y,
        np.full(len(y), np.nan),
        tuple(ids[row] for row in rows),
        tuple(QUICK if quick else None for _, quick in known) if both else (),
    )
    fitted = build_surrogate(GPSpec(kind="gp"), space).fit(data, derived_seed(seed, len(y), "fit"))
    own = tuple(space.candidates[row] for row in campaign.rows(quick=False))
    asked = tuple(space.candidates[row] for row in campaign.rows(quick=True))
    (suggestion,) = build_proposer(BayesianSpec()).propose(
        ProposalRequest(
            space=space,
            n=1,
            seed=seed,
            objectives=(Objective(property="y"),),
            models={"y": fitted},
            observed={"y": data.own},
            excluded=own,
            proposed=len(campaign.asked),
            cheaper=(Cheaper(QUICK, campaign.cost, (*own, *asked)),) if both else (),
        )
    )
    return space.row_of(suggestion.candidate), suggestion.evaluator == QUICK


def max_value_entropy(campaign: Campaign, seed: int) -> Asked:
    """BoTorch's multi-fidelity max-value entropy search, per cost, over all rows and answers."""
    table = campaign.table
    low, high = table.X.min(0), table.X.max(0)
    X = torch.as_tensor((table.X - low) / np.where(high > low, high - low, 1.0))
    rows = [row for row, _ in campaign.asked]
    fidelity = torch.tensor([[0.0 if quick else 1.0] for _, quick in campaign.asked])
    y = [(table.quick if quick else table.own)[row] for row, quick in campaign.asked]
    last = X.shape[1]
    target = {last: 1.0}
    with manual_seed(derived_seed(seed, len(rows), "max-value entropy")):
        model = SingleTaskMultiFidelityGP(
            torch.cat([X[rows], fidelity.double()], dim=1),
            torch.tensor(y, dtype=torch.double).unsqueeze(-1),
            data_fidelities=[last],
            outcome_transform=Standardize(m=1),
        )
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        costs = AffineFidelityCostModel({last: 1.0 - campaign.cost}, campaign.cost)
        acquisition = qMultiFidelityMaxValueEntropy(
            model,
            torch.cat([X, torch.ones(len(X), 1, dtype=torch.double)], dim=1),
            cost_aware_utility=InverseCostWeightedUtility(costs),
            project=lambda at: project_to_target_fidelity(at, target, last + 1),
        )
        best = (-np.inf, 0, False)
        for quick in (False, True):
            column = torch.full((len(X), 1), 0.0 if quick else 1.0, dtype=torch.double)
            with torch.no_grad():
                values = acquisition(torch.cat([X, column], dim=1).unsqueeze(1)).numpy()
            values[campaign.rows(quick=False)] = -np.inf
            if quick:
                values[campaign.rows(quick=True)] = -np.inf
            row = int(values.argmax())
            best = max(best, (float(values[row]), row, quick))
    return best[1], best[2]


METHODS = {
    "product": Method(product),
    "product, results alone": Method(product_alone, screens=False),
    "BoTorch max-value entropy": Method(max_value_entropy),
}
