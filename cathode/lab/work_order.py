"""Work orders: all that a lab needs to make and measure what a campaign asks for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cathode.errors import RecipeError, SpecError
from cathode.evaluation.domain import FEWEST, Nearness, nearness
from cathode.evaluation.outcomes import Outcome
from cathode.lab.counting import belonging, due_conditions
from cathode.lab.order_parts import Expected, Neighbour, Place, Setting, ToMeasure
from cathode.lab.recipe import Recipe, checked_batch, recipe_for
from cathode.ledger import Ledger, campaigns
from cathode.loop.entering import in_full, order_name
from cathode.loop.observations import Observations, observe
from cathode.model import Candidate, Proposal, Review
from cathode.physics.formulas import formula
from cathode.physics.prototypes import PROTOTYPES
from cathode.space import Space, build_space
from cathode.spec import CampaignSpec, LabSpec

AWAITING, FREE = "awaiting approval", "needs no approval"
"""Verdicts where nobody reviewed."""


@dataclass(frozen=True)
class WorkOrder:
    """An open order as the lab reads it.

    Attributes:
        campaign: name of the campaign.
        candidate: id.
        order: name of the order, ``turn/place``.
        turn: number of the turn that asked.
        evaluator: name of the cheaper evaluator that is asked; None for the campaign's own.
        formula: chemical formula, or the name of a row of a pool.
        settings: process variables.
        recipe: what to weigh in, and the furnace programme; None where there is none.
        no_recipe: why there is none; empty where there is one.
        measure: what to measure.
        reason: why it was chosen.
        proposer: who chose it.
        verdict: ``approved``, ``pinned``, ``awaiting approval`` or ``needs no approval``.
        review: who said so, when and why; None where nobody did.
        place: where it lies beside what was measured.
        content: the candidate, ready for JSON.
    """

    campaign: str
    candidate: str
    order: str
    turn: int
    evaluator: str | None
    formula: str
    settings: tuple[Setting, ...]
    recipe: Recipe | None
    no_recipe: str
    measure: tuple[ToMeasure, ...]
    reason: str
    proposer: str
    verdict: str
    review: Review | None
    place: Place
    content: Mapping[str, Any] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        found = self.review
        own = {
            name: getattr(self, name)
            for name in ("campaign", "candidate", "order", "turn", "evaluator", "formula")
        }
        return own | {
            "content": self.content,
            "settings": [asdict(setting) for setting in self.settings],
            "recipe": None if self.recipe is None else self.recipe.as_dict(),
            "no_recipe": self.no_recipe,
            "measure": [each.as_dict() for each in self.measure],
            "reason": self.reason,
            "proposer": self.proposer,
            "verdict": self.verdict,
            "review": None if found is None else asdict(found) | {"when": found.when.isoformat()},
            "place": asdict(self.place),
        }


def work_orders(
    ledger: Ledger, campaign: str, *, awaiting: bool = False, batch: float | None = None
) -> list[WorkOrder]:
    """The open orders of a campaign that people may make, pinned ones first.

    Args:
        ledger: where from.
        campaign: name of the campaign.
        awaiting: whether to add those that wait for approval.
        batch: grams of product; as the spec says if None.

    Raises:
        UnknownCampaignError: there is no such campaign.
        SourceError: the table of its pool cannot be read.
        RecipeError: nobody can make such a batch.
    """
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
    seen = observe(ledger, campaign)
    found = seen.open_orders(spec) if awaiting else seen.to_make(spec)
    return orders_of(found, seen, spec, build_space(spec.space), batch) if found else []


def orders_of(
    proposals: Sequence[Proposal],
    seen: Observations,
    spec: CampaignSpec,
    space: Space | None,
    batch: float | None = None,
) -> list[WorkOrder]:
    """Proposals as work orders.

    Args:
        proposals: of the campaign.
        seen: all that is known of it.
        spec: its spec.
        space: its space, where distances are measured; they are left out if None.
        batch: grams of product; as the spec says if None.

    Raises:
        RecipeError: nobody can make such a batch.
    """
    if batch is not None:
        checked_batch(batch)
    asked = [proposal.candidate for proposal in proposals]
    near = [None] * len(asked) if space is None else nearness(seen.outcomes, space, asked)
    return [
        _order(proposal, each, seen, spec, space, batch)
        for proposal, each in zip(proposals, near, strict=True)
    ]


def _order(
    proposal: Proposal,
    near: Nearness | None,
    seen: Observations,
    spec: CampaignSpec,
    space: Space | None,
    batch: float | None,
) -> WorkOrder:
    candidate = proposal.candidate
    recipe, no_recipe = None, ""
    try:
        recipe = recipe_for(candidate, spec, evaluator=proposal.evaluator, batch=batch)
    except RecipeError as error:
        no_recipe = str(error)
    said = seen.verdict_on(proposal)
    asks = isinstance(spec.evaluator, LabSpec) and spec.evaluator.approval
    silent = AWAITING if asks and proposal.evaluator is None else FREE
    return WorkOrder(
        campaign=spec.name,
        candidate=candidate.id,
        order=order_name(proposal),
        turn=proposal.turn,
        evaluator=proposal.evaluator,
        formula=formula(candidate),
        settings=_settings(candidate, spec),
        recipe=recipe,
        no_recipe=no_recipe,
        measure=_measure(proposal, seen, spec),
        reason=proposal.reason,
        proposer=proposal.proposer,
        verdict=silent if said is None else str(said),
        review=None if said is None else seen.verdicts[proposal.turn, proposal.rank],
        place=_place(candidate, near, spec, space),
        content=candidate.content(),
    )


def _settings(candidate: Candidate, spec: CampaignSpec) -> tuple[Setting, ...]:
    """The process variables in the order of the spec."""
    if candidate.prototype not in PROTOTYPES:
        return ()
    given, units = dict(candidate.conditions), spec.units
    names = [name for name in units if name in given]
    names += [name for name in given if name not in units]
    return tuple(Setting(name, given[name], units.get(name, "")) for name in names)


def _measure(proposal: Proposal, seen: Observations, spec: CampaignSpec) -> tuple[ToMeasure, ...]:
    """What is owed, and what else the lab measures by the spec."""
    lab = spec.evaluator_named(proposal.evaluator)
    more = lab.properties if isinstance(lab, LabSpec) else ()
    due = _due(proposal, spec)
    made = []
    for name in dict.fromkeys([*spec.needed_of(proposal.evaluator), *more]):
        try:
            known = spec.property_named(name)
        except KeyError as error:
            msg = f"evaluator.properties: unknown property {name!r}: declare it under properties"
            raise SpecError(msg) from error
        at = {key: float(value) for key, value in belonging(due, name).items()}
        came = _came_in(proposal, name, seen)
        expected = _expected(proposal.predictions.get(name))
        made.append(ToMeasure(name, known.label, known.unit, at, expected, came))
    return tuple(made)


def _due(proposal: Proposal, spec: CampaignSpec) -> dict[str, float]:
    """The conditions at which results of an order count; cheaper evaluators have none."""
    if proposal.evaluator is not None:
        return {}
    try:
        return due_conditions(spec, proposal.candidate)
    except KeyError as error:
        msg = f"evaluator.conditions names {error}, which {proposal.candidate.id} has not: name a "
        raise SpecError(msg + "variable of the space, or a number") from error


def _expected(prediction: Mapping[str, float | str] | None) -> Expected | None:
    if prediction is None:
        return None
    mean, sigma = float(prediction["mean"]), float(prediction["sigma"])
    return Expected(mean, sigma, str(prediction["surrogate"]))


def _came_in(proposal: Proposal, name: str, seen: Observations) -> str:
    """What is known of a property from this order, or of the candidate from no order at all."""
    return "; ".join(
        in_full(r.measurement)
        for r in seen.measured
        if (r.measurement.property, r.measurement.evaluator) == (name, proposal.evaluator)
        and r.measurement.candidate_id == proposal.candidate.id
        and (r.turn is None or (r.turn, r.rank) == (proposal.turn, proposal.rank))
    )


def _place(
    candidate: Candidate, near: Nearness | None, spec: CampaignSpec, space: Space | None
) -> Place:
    if space is None:
        return Place("not looked at")
    if near is None:
        if not space.has_coordinates(candidate):
            return Place("not known: the space has changed since it was proposed")
        return Place(f"not known: less than {FEWEST} candidates are measured")
    outcome = near.nearest
    told = {name: _said_of(outcome, name, spec) for name in spec.modelled}
    words = near.words
    if outcome.candidate.id == candidate.id:
        words = "measured before, in part or in whole"
    values = {spec.property_named(name).label: said for name, said in told.items() if said}
    mine = Neighbour(outcome.candidate.id, formula(outcome.candidate), values)
    return Place(words, near.ratio, near.outside, mine)


def _said_of(outcome: Outcome, name: str, spec: CampaignSpec) -> str:
    """What is known of a property of a candidate, in words; empty where nothing is."""
    unit = spec.property_named(name).unit
    if name in outcome.values:
        return f"{outcome.values[name]:.4g} {unit}".rstrip()
    if name in outcome.limits:
        low, high = outcome.limits[name]
        ends = [f"> {low:.4g}"] * math.isfinite(low) + [f"< {high:.4g}"] * math.isfinite(high)
        return f"{' and '.join(ends)} {unit}".rstrip()
    return f"failed ({outcome.failures[name]})" if name in outcome.failures else ""
