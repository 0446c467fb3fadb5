"""Everything about a spec that can be found wrong before anything is written."""

from dataclasses import dataclass

from agents.evaluators.registry import build_evaluator
from cathode.errors import SpecError
from cathode.physics.descriptors import element_table
from cathode.protocols import Evaluator
from cathode.settings import Settings
from cathode.space import SearchSpace, Space, build_space
from cathode.space.feasibility import refusals
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Checked:
    """A spec that was found to be in order.

    Attributes:
        space: its search space.
        evaluator: who answers.
        remark: what is worth knowing of how they fit; empty where nothing is.
    """

    space: Space
    evaluator: Evaluator
    remark: str


def check_spec(spec: CampaignSpec, settings: Settings) -> Checked:
    """Build the space and the evaluator of a spec and hold them against each other.

    Raises:
        SpecError: what cannot be, what is allowed and what to do.
    """
    space = build_space(spec.space)
    evaluator = build_evaluator(spec, settings.cache)
    remark = evaluator.check(space)
    reported = [known.name for known in evaluator.properties]
    for name in spec.modelled:
        if name not in reported:
            msg = f"evaluator {evaluator.name!r} does not report {name!r}: it reports "
            raise SpecError(msg + ", ".join(reported))
    if any(surrogate.descriptors == "elements" for surrogate in spec.surrogates):
        if not isinstance(space, SearchSpace):
            msg = "descriptors='elements' need a space of compositions: use 'fractions' for a pool"
            raise SpecError(msg)
        element_table(space.elements)
    if isinstance(space, SearchSpace):
        idle = [label for label, refused in refusals(space) if not refused]
        if idle:
            remark += f"{remark and '; '}nothing is cut away by {', '.join(idle)}"
    cost = getattr(spec.proposer, "cost", None)
    for name in cost.terms if cost else ():
        if name not in space.coordinates:
            msg = f"proposer.cost names {name!r}: known are {', '.join(space.coordinates)}"
            raise SpecError(msg)
    return Checked(space, evaluator, remark)
