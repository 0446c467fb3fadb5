"""Answer candidates from a CSV file: for backtests, and for campaigns over known results."""

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from pymatgen.core import Element

from cathode.errors import SpaceError, SpecError, UnitError
from cathode.model import Candidate, Measurement, Property
from cathode.physics.prototypes import MIXING_SITE
from cathode.space import SearchSpace
from cathode.spec import CampaignSpec, TableSpec
from cathode.spec.base import to_fraction
from cathode.units import convert

HEADING = re.compile(r"^(?P<name>\w+) \((?P<unit>.+)\)$")
"""How a column of a property is headed."""

Row = dict[str, float | None]
Recipe = tuple[tuple[str, Fraction], ...]
"""Elements with their fractions, sorted, zeros left out."""


class TableEvaluator:
    """Look a candidate up by its fractions.

    Columns named by an element hold fractions on the mixing site; columns headed
    ``name (unit)`` hold properties. Other columns, such as notes, are left alone. An empty cell
    of a property is a failure.
    """

    name = "table"
    fidelity = "table"
    isolated = False

    def __init__(self, spec: TableSpec, campaign: CampaignSpec) -> None:
        self.path = spec.path
        text = _read(self.path)
        self.source = f"{self.path.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
        self.properties, self.rows = self._parse(text, campaign)

    def check(self, space: SearchSpace) -> None:
        """Refuse a table that holds no candidate of the space.

        Raises:
            SpaceError: it holds none.
        """
        for recipe in self.rows:
            if Candidate.of(space.prototype, {MIXING_SITE: dict(recipe)}) in space:
                return
        msg = f"{self.path}: none of its {len(self.rows)} rows lies in the space: check both"
        raise SpaceError(msg)

    def prepare(self) -> None:
        """Nothing: the table was read when this was built."""

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """The row of a candidate; all failed if the table has none."""
        row = self.rows.get(tuple(sorted(candidate.on_site(MIXING_SITE).items())))
        origin = {"source": self.source, "fidelity": self.fidelity}
        answers = []
        for known in self.properties:
            subject = (candidate.id, known.name, known.unit)
            value = None if row is None else row[known.name]
            if value is not None:
                answers.append(Measurement(*subject, value, **origin))
                continue
            detail = "the table has no such row" if row is None else "the table's cell is empty"
            answers.append(Measurement.failure(*subject, "missing", detail, **origin))
        return tuple(answers)

    def _parse(
        self, text: str, campaign: CampaignSpec
    ) -> tuple[tuple[Property, ...], dict[Recipe, Row]]:
        reader = csv.DictReader(io.StringIO(text))
        headings = reader.fieldnames or []
        columns = self._property_columns(headings, campaign)
        elements = sorted(heading for heading in headings if Element.is_valid_symbol(heading))
        rows: dict[Recipe, Row] = {}
        for line in reader:
            where = f"{self.path}, line {reader.line_num}"
            recipe = tuple((e, x) for e in elements if (x := _fraction(where, e, line.get(e))))
            if (total := sum(x for _, x in recipe)) != 1:
                shown = ", ".join(f"{e} {line[e]}" for e, _ in recipe) or "its fractions"
                msg = f"{where}: {shown} sum to {float(total):g}: mend the row to sum one"
                raise SpecError(msg)
            if recipe in rows:
                msg = f"{where}: this composition stands in the table twice: leave one row out"
                raise SpecError(msg)
            rows[recipe] = {
                known.name: _value(where, heading, line.get(heading), unit, known.unit)
                for heading, (known, unit) in columns.items()
            }
        if not rows:
            msg = f"{self.path}: the table has no rows below its heading: add some"
            raise SpecError(msg)
        return tuple(known for known, _ in columns.values()), rows

    def _property_columns(
        self, headings: Iterable[str], campaign: CampaignSpec
    ) -> dict[str, tuple[Property, str]]:
        found: dict[str, tuple[Property, str]] = {}
        for heading in headings:
            match = HEADING.match(heading)
            if match is None:
                self._refuse_without_unit(heading, campaign)
                continue
            try:
                known = campaign.property_named(match["name"])
            except KeyError as error:
                msg = f"{self.path}: column {heading!r} is no known property: declare it under "
                raise SpecError(msg + "properties in the spec") from error
            try:
                convert(1.0, match["unit"], known.unit)
            except UnitError as error:
                msg = (
                    f"{self.path}: column {heading!r}: {match['unit']!r} is no unit of "
                    f"{known.name}: head it '{known.name} ({known.unit})', and convert"
                )
                raise SpecError(msg) from error
            found[heading] = (known, match["unit"])
        if not found:
            msg = f"{self.path}: no column is headed by a property, such as 'average_voltage (V)'"
            raise SpecError(msg)
        return found

    def _refuse_without_unit(self, heading: str, campaign: CampaignSpec) -> None:
        try:
            known = campaign.property_named(heading.strip())
        except KeyError:
            return  # a note
        msg = f"{self.path}: column {heading!r} has no unit: head it '{known.name} ({known.unit})'"
        raise SpecError(msg)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the table {str(path)!r} ({error}): give the path of a CSV file"
        raise SpecError(msg) from error


def _fraction(where: str, element: str, cell: str | None) -> Fraction:
    if not cell:
        return Fraction(0)
    try:
        return to_fraction(cell.strip())
    except ValueError as error:
        raise SpecError(f"{where}, column {element}: {error}") from error


def _value(where: str, heading: str, cell: str | None, unit: str, wanted: str) -> float | None:
    if cell is None or not cell.strip():
        return None
    try:
        value = convert(float(cell), unit, wanted)
    except (ValueError, UnitError) as error:
        msg = f"{where}, column {heading!r}: {cell!r} is no number in {unit} ({error})"
        raise SpecError(msg) from error
    if not math.isfinite(value):
        msg = f"{where}, column {heading!r}: {cell!r} is not finite: leave the cell empty instead"
        raise SpecError(msg)
    return value
