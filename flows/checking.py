"""Everything about a spec that can be found wrong before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.evaluators.registry import build_evaluator
from cathode.errors import CathodeError, SpaceError, SpecError
from cathode.ledger import Ledger
from cathode.loop.history import recall
from cathode.physics.descriptors import ELEMENT_TABLES
from cathode.protocols import Evaluator
from cathode.settings import Settings
from cathode.space import PoolSpace, SearchSpace, Space, build_space
from cathode.space.feasibility import refusals
from cathode.spec import CampaignSpec, CGCNNSpec, PoolSpec, SurrogateSpec


@dataclass(frozen=True)
class Checked:
    """A spec that was found to be in order.

    Attributes:
        space: its search space.
        evaluators: who answers, the campaign's own under None.
        remark: what is worth knowing of how they fit; empty where nothing is.
    """

    space: Space
    evaluators: Mapping[str | None, Evaluator]
    remark: str


def check_spec(spec: CampaignSpec, settings: Settings) -> Checked:
    """Build the space and the evaluators of a spec and hold them against each other.

    Raises:
        SpecError: what cannot be, what is allowed and what to do.
    """
    space = build_space(spec.space, settings.cache)
    evaluators: dict[str | None, Evaluator] = {
        name: build_evaluator(spec, settings.cache, name) for name in (None, *spec.cheaper)
    }
    remarks = [_check_evaluator(spec, space, name, each) for name, each in evaluators.items()]
    remarks += _check_histories(spec, space, settings)
    remarks += _check_crystals(spec, space)
    remark = "; ".join(filter(None, remarks))
    kinds = {getattr(each, "descriptors", "fractions") for each in spec.surrogates}
    for kind in sorted(kinds - {"fractions", "cgcnn"}):
        if not isinstance(space, SearchSpace):
            msg = f"descriptors={kind!r} need a space of compositions: use 'fractions' for a pool"
            raise SpecError(msg)
        ELEMENT_TABLES[kind](space.elements)
    if isinstance(space, SearchSpace):
        idle = [label for label, refused in refusals(space) if not refused]
        if idle:
            remark += f"{remark and '; '}nothing is cut away by {', '.join(idle)}"
    cost = getattr(spec.proposer, "cost", None)
    for name in cost.terms if cost else ():
        if name not in space.coordinates:
            msg = f"proposer.cost names {name!r}: known are {', '.join(space.coordinates)}"
            raise SpecError(msg)
    return Checked(space, evaluators, remark)


def _check_evaluator(
    spec: CampaignSpec, space: Space, name: str | None, evaluator: Evaluator
) -> str:
    """Hold an evaluator against the space and the objectives; returns its remark.

    Raises:
        SpecError: it cannot answer for the space, or reports nothing that is wanted.
    """
    reported = [known.name for known in evaluator.properties]
    lacking = [wanted for wanted in spec.modelled if wanted not in reported]
    if name is None:
        if lacking:
            msg = f"evaluator {evaluator.name!r} does not report {lacking[0]!r}: it reports "
            raise SpecError(msg + ", ".join(reported))
        return evaluator.check(space)
    if len(lacking) == len(spec.modelled):
        msg = f"cheaper.{name} reports none of {', '.join(lacking)}: it reports "
        raise SpecError(msg + ", ".join(reported))
    try:
        remark = evaluator.check(space)
    except CathodeError as error:
        msg = f"cheaper.{name}: {error}"
        raise SpecError(msg) from error
    without = f"says nothing of {', '.join(lacking)}" if lacking else ""
    words = "; ".join(filter(None, [remark, without]))
    return f"{name}: {words}" if words else ""


def _check_crystals(spec: CampaignSpec, space: Space) -> list[str]:
    """Hold surrogates that look at crystals against the space; returns remarks.

    Raises:
        SpecError: a candidate has no crystal, or a file of networks none for the space.
        SourceError: crystals or networks cannot be read.
    """
    looking = [each for each in spec.surrogates if each.looks_at_crystals]
    has_structures = isinstance(spec.space, PoolSpec) and spec.space.structures is not None
    if not looking and not has_structures:
        return []
    # Torch comes with networks; who asks for none does not wait for it.
    from flows.augmenting import augmentation_of
    from surrogates.cgcnn.places import lacking, places_of, rows_without_graph
    from surrogates.cgcnn.surrogate import blind_to

    remarks = []
    if isinstance(space, PoolSpace) and (refused := rows_without_graph(space)):
        if looking:
            raise SpaceError(lacking(refused, space.size))
        remarks.append(lacking(refused, space.size))
    for each in looking:
        remarks += _seen_before(each, spec.modelled, space)
        if isinstance(each, CGCNNSpec):
            if unseen := places_of(space).unseen:
                remarks.append(blind_to(unseen))
            found = [augmentation_of(each.augmentation, name).caution for name in spec.modelled]
            remarks += filter(None, found)
    return list(dict.fromkeys(remarks))


def _seen_before(surrogate: SurrogateSpec, modelled: Sequence[str], space: Space) -> Iterator[str]:
    """How much of a pool the networks that a surrogate goes on from have seen, in words.

    Raises:
        SourceError: they cannot be read.
    """
    file = getattr(surrogate, "pretrained", None)
    if file is None:
        return
    from flows.crystals.learned import Learned
    from flows.crystals.models import read_model

    learned = Learned.by(read_model(file))
    if not isinstance(space, PoolSpace):
        return
    crystals = [each for each in space.crystals if not isinstance(each, str)]
    if (silence := learned.silence(file.name)) is not None:
        yield silence
    for name in modelled:
        if number := sum(learned.among(name, crystals)):
            yield (
                f"{file.name} has learned {name} of {number} of the pool's {space.size} rows: its "
                "skill there flatters"
            )


def _check_histories(spec: CampaignSpec, space: Space, settings: Settings) -> list[str]:
    """Read the histories of a spec; returns how much of each serves.

    Raises:
        SpecError: nothing of one can be learned from, or there is no such campaign.
        SourceError: a table is wrong.
    """
    elsewhere = any(each.campaign is not None for each in spec.history.values())
    ledger = Ledger.open(settings.ledger_url) if elsewhere else None
    remarks = []
    for history in recall(ledger, spec, space):
        lacking = [name for name, data in history.data.items() if not len(data)]
        finished = spec.history[history.name].table is not None or history.left_out
        if len(lacking) == len(spec.modelled) and finished:
            msg = f"{history.remark}: nothing of it says anything of {', '.join(lacking)}: leave "
            raise SpecError(msg + "it out, or name in the space what it is made of, with max: 0")
        without = f", nothing of {', '.join(lacking)}" if lacking else ""
        remarks.append(history.remark + without)
    if remarks:
        added = [each.name for each in spec.learners if each not in spec.surrogates]
        remarks.append(f"scored without a history, too: {', '.join(added) or 'as listed'}")
    return remarks
