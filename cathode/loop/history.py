"""What was measured before a campaign began, as far as its space can read it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cathode.errors import SourceError
from cathode.ledger import Ledger
from cathode.loop.earlier import Value, earlier_values
from cathode.loop.loop import Loop
from cathode.model import Candidate, TrainingData, Turn
from cathode.space import PoolSpace, Space
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class History:
    """Earlier measurements of what matters to a campaign.

    Attributes:
        name: its name in the spec.
        data: per property what can be read in the campaign's space.
        left_out: why other candidates cannot, with how many.
        up_to: number of the newest measurement of another campaign; None of a table.
    """

    name: str
    data: Mapping[str, TrainingData]
    left_out: Mapping[str, int]
    up_to: int | None

    @property
    def candidates(self) -> int:
        """Distinct candidates that can be read."""
        return len({group for each in self.data.values() for group in each.groups})

    @property
    def digest(self) -> str:
        """A hash of all that is learned from it."""
        parts = [self.data[name].digest() for name in sorted(self.data)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    @property
    def remark(self) -> str:
        """In words how much of it can be read, and why the rest cannot."""
        lost = sum(self.left_out.values())
        every = self.candidates + lost
        if not lost:
            return f"history {self.name}: {every} candidates"
        why = ", ".join(f"{n} {reason}" for reason, n in sorted(self.left_out.items()))
        return (
            f"history {self.name}: {self.candidates} of {every} candidates, the space has no "
            f"coordinates for the others ({why})"
        )

    def record(self) -> dict[str, Any]:
        """What a turn keeps of it."""
        return {
            "values": {name: len(each) for name, each in self.data.items()},
            "left_out": dict(sorted(self.left_out.items())),
            "up_to": self.up_to,
            "digest": self.digest,
        }


def recall(
    ledger: Ledger | None,
    spec: CampaignSpec,
    space: Space,
    up_to: Mapping[str, int | None] | None = None,
) -> tuple[History, ...]:
    """Read the histories of a spec.

    Args:
        ledger: where other campaigns are; None where all histories are tables.
        spec: the campaign that learns.
        space: what it searches.
        up_to: per history the number of the newest measurement of another campaign to look at;
            all where none is given.

    Raises:
        SourceError: something in a table is wrong.
        SpecError: there is no such campaign.
    """
    found = []
    for name in spec.history:
        newest, values = earlier_values(ledger, spec, name, (up_to or {}).get(name))
        rows, left_out = _rows(space, values)
        kept = [value for value in values if value.candidate.id in rows]
        width = len(space.coordinates)
        data = {p: _data(name, p, kept, rows, width) for p in spec.modelled}
        found.append(History(name, data, left_out, newest))
    return tuple(found)


def recalled(loop: Loop, turn: Turn) -> tuple[History, ...]:
    """The histories as the turn took them in.

    Raises:
        SourceError: a table has changed since.
    """
    known = (loop.recorded(turn, "assimilate") or {}).get("history", {})
    found = recall(
        loop.ledger, loop.spec, loop.space, {name: each["up_to"] for name, each in known.items()}
    )
    for history in found:
        taken = known.get(history.name, {}).get("digest", history.digest)
        # After an amendment the rest of a turn goes by the new spec.
        if taken != history.digest and turn.revision == loop.revision:
            msg = f"history.{history.name} changed since turn {turn.number} took it in: put it "
            raise SourceError(msg + "back as it was, or change the spec and run it with --amend")
    return found


def joined(data: TrainingData, histories: Iterable[History]) -> TrainingData:
    """A campaign's own data with what its histories know of the same property."""
    return data.beside([each.data[data.property_name] for each in histories])


def _rows(
    space: Space, values: Sequence[Value]
) -> tuple[dict[str, tuple[float, ...]], dict[str, int]]:
    """Coordinates of the candidates that have some, by id, and why others have none."""
    rows, left_out = {}, Counter[str]()
    for candidate in {value.candidate.id: value.candidate for value in values}.values():
        if isinstance(space, PoolSpace):
            # Rows of another pool are no candidates here, but have what models see.
            given = dict(candidate.conditions)
            row = [given.get(column) for column in space.coordinates]
            if all(isinstance(number, float) for number in row):
                rows[candidate.id] = tuple(float(number or 0.0) for number in row)
                continue
        elif space.has_coordinates(candidate):
            rows[candidate.id] = tuple(space.encode([candidate])[0].tolist())
            continue
        left_out[_why(space, candidate)] += 1
    return rows, dict(left_out)


def _why(space: Space, candidate: Candidate) -> str:
    """What of a candidate a space does not know."""
    if isinstance(space, PoolSpace):
        return f"without {', '.join(space.coordinates)}"
    hosts = [prototype.name for prototype in getattr(space, "prototypes", ())]
    if candidate.prototype not in hosts:
        return f"of prototype {candidate.prototype}"
    known = {site.site: site.elements for site in getattr(space, "sites", ())}
    foreign = {
        element
        for site, shares in candidate.sites
        for element, _ in shares
        if element not in known.get(site, ())
    }
    return f"with {', '.join(sorted(foreign))}" if foreign else "made under other conditions"


def _data(
    name: str,
    wanted: str,
    values: Sequence[Value],
    rows: Mapping[str, tuple[float, ...]],
    width: int,
) -> TrainingData:
    mine = [value for value in values if value.property == wanted]
    limits = tuple(value.limit for value in mine)
    return TrainingData(
        wanted,
        np.array([rows[value.candidate.id] for value in mine], dtype=float).reshape(-1, width),
        np.array([value.value for value in mine], dtype=float),
        np.array([value.sigma for value in mine], dtype=float),
        tuple(value.candidate.id for value in mine),
        (name,) * len(mine),
        limits if any(limits) else (),
        (name,),
    )
