"""Values that other campaigns, or tables, hold of the properties a campaign is after."""

import math
from dataclasses import dataclass
from pathlib import Path

from cathode.errors import SpecError, UnitError
from cathode.ledger import Ledger, campaigns, measurements, proposals
from cathode.model import Candidate, Limit, Measurement, Status
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import one_each, parse_table
from cathode.space import PoolSpace
from cathode.spec import CampaignSpec, PoolSpec
from cathode.units import convert


@dataclass(frozen=True)
class Value:
    """An earlier value of a property, or a bound on it, in its unit.

    Attributes:
        candidate: what was measured.
        property: name of the property.
        value: what was read.
        sigma: its standard uncertainty, nan where none is known.
        limit: ``<`` or ``>`` where it is a bound.
    """

    candidate: Candidate
    property: str
    value: float
    sigma: float = math.nan
    limit: Limit | None = None


def earlier_values(
    ledger: Ledger | None, spec: CampaignSpec, name: str, up_to: int | None
) -> tuple[int | None, list[Value]]:
    """Read one history of a spec.

    Args:
        ledger: where other campaigns are; None where all histories are tables.
        spec: the campaign that learns.
        name: of the history.
        up_to: number of the newest measurement of another campaign to look at; all if None.

    Returns:
        The number of the newest measurement looked at, None of a table; and the values.

    Raises:
        SourceError: something in a table is wrong.
        SpecError: there is no such campaign, or it measures in other units.
    """
    history = spec.history[name]
    if history.table is not None:
        return None, _of_table(spec, history.table)
    assert ledger is not None  # noqa: S101 - who has no ledger has no other campaign
    assert history.campaign is not None  # noqa: S101 - what is no table is a campaign
    where = f"history.{name}.campaign={history.campaign!r}"
    with ledger.read() as connection:
        known = campaigns.names(connection)
        if history.campaign not in known:
            msg = f"{where}: the ledger has {', '.join(known) or 'none'}: name one of them"
            raise SpecError(msg)
        newest = measurements.last_id(connection, history.campaign) if up_to is None else up_to
        results = measurements.effective(connection, history.campaign, newest)
        candidates = proposals.candidates_of(connection, history.campaign)
    values = [
        _converted(where, recorded.measurement, candidates[recorded.measurement.candidate_id], spec)
        for recorded in results
        if recorded.measurement.property in spec.modelled
        and recorded.measurement.evaluator is None
        and recorded.measurement.status is not Status.FAILED
    ]
    return newest, values


def _of_table(spec: CampaignSpec, path: Path) -> list[Value]:
    known = None
    if isinstance(spec.space, PoolSpec):
        known = PoolSpace.from_spec(spec.space.model_copy(update={"table": path})).named()
    _, rows = parse_table(path, read_text(path), spec, known, elsewhere=True)
    return [
        Value(candidate, name, value, limit=row.limits.get(name))
        for candidate, row in one_each(rows).items()
        for name, value in row.values.items()
        if value is not None and name in spec.modelled
    ]


def _converted(where: str, found: Measurement, candidate: Candidate, spec: CampaignSpec) -> Value:
    """A result of another campaign in the unit of this one."""
    unit, value, sigma = spec.property_named(found.property).unit, found.value or 0.0, found.sigma
    try:
        there, above = (convert(v, found.unit, unit) for v in (value, value + (sigma or 0.0)))
    except UnitError as error:
        msg = f"{where} measures {found.property} in {found.unit!r}, and this one in {unit!r}: "
        raise SpecError(msg + "call it by another name where it is another property") from error
    spread = math.nan if sigma is None else abs(above - there)
    return Value(candidate, found.property, there, spread, found.bound)
