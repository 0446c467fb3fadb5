"""The file by which results of a calculation find their candidate again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from cathode.errors import SourceError
from cathode.model import Candidate

FILE = "candidate.json"

LITHIATED, DELITHIATED = "lithiated", "delithiated"
"""Names of the folders of the two states."""

OWED: Mapping[str, type] = {"campaign": str, "candidate": str, "order": str, "content": dict}
"""What such a file says at least."""


@dataclass(frozen=True)
class State:
    """One of the cells of a candidate.

    Attributes:
        formula: of the whole cell.
        atoms: how many it has.
        lithium: fraction of the candidate's lithium in it, such as ``1/5``.
        poscar: hash of the file of its structure.
    """

    formula: str
    atoms: int
    lithium: str
    poscar: str


@dataclass(frozen=True)
class WorkOrder:
    """What is calculated, for which campaign.

    Attributes:
        campaign: name of the campaign.
        candidate: id.
        evaluator: name of the cheaper evaluator that is asked; None for the campaign's own.
        order: name of the order, ``turn/place``.
        formula: of the candidate, for people.
        content: all that makes the candidate.
        input_set: name of pymatgen's input set.
        seed: the campaign's, by which the cells were made.
        orderings: how many cation orderings were compared.
        chosen_by: how one of them was chosen.
        states: the cells, by the name of their folder.
        remarks: what pymatgen said of the input files.
    """

    campaign: str
    candidate: str
    evaluator: str | None
    order: str
    formula: str
    content: Mapping[str, Any]
    input_set: str
    seed: int
    orderings: int
    chosen_by: str
    states: Mapping[str, State]
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Label:
    """What the file beside results says of them.

    Attributes:
        where: the file.
        campaign: name of the campaign.
        candidate: the candidate.
        evaluator: name of the cheaper evaluator that was asked; None for the campaign's own.
        order: name of the order.
        lithium_left: fraction of lithium in the cell that was to be calculated charged.
    """

    where: str
    campaign: str
    candidate: Candidate
    evaluator: str | None
    order: str
    lithium_left: Fraction | None = None


def read_label(where: str, text: str) -> Label:
    """What such a file says.

    Args:
        where: the file; begins messages.
        text: its content.

    Raises:
        SourceError: it is torn, lacks something, or was changed.
    """
    told = _loaded(where, text)
    for key, kind in OWED.items():
        if not isinstance(told.get(key), kind):
            msg = f"{where}: it has no {key!r}: export the order again, and put the file back"
            raise SourceError(msg)
    evaluator = told.get("evaluator")
    if not isinstance(evaluator, str | None):
        msg = f"{where}: the evaluator {evaluator!r} is no name: export the order again"
        raise SourceError(msg)
    try:
        candidate = Candidate.from_content(told["content"])
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        msg = f"{where}: its content is no candidate ({error!r}): export the order again"
        raise SourceError(msg) from error
    if candidate.id != told["candidate"]:
        msg = f"{where}: its content is of {candidate.id}, not of {told['candidate']!r}: the file "
        raise SourceError(f"{msg}was changed; export the order again")
    return Label(where, told["campaign"], candidate, evaluator, told["order"], _left(where, told))


def _loaded(where: str, text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{where} cannot be read ({error}): export the order again, and put the file back"
        raise SourceError(msg) from error
    if not isinstance(told, dict):
        msg = f"{where} is no work order: export the order again, and put the file back"
        raise SourceError(msg)
    return told


def _left(where: str, told: Mapping[str, Any]) -> Fraction | None:
    """The fraction of lithium that was to be left, where the file says so."""
    states = told.get("states")
    state = states.get(DELITHIATED) if isinstance(states, dict) else None
    left = state.get("lithium") if isinstance(state, dict) else None
    if left is None:
        return None
    try:
        return Fraction(left)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        msg = f"{where}: {left!r} of the lithium is no fraction: export the order again"
        raise SourceError(msg) from error
