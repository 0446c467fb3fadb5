"""Answer candidates from a CSV file: for backtests, and for campaigns over known results."""

import hashlib

from cathode.errors import SpaceError
from cathode.model import Candidate, Measurement
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import one_each, parse_table
from cathode.space import PoolSpace, Space
from cathode.spec import CampaignSpec, PoolSpec, TableSpec


class TableEvaluator:
    """Look a candidate up by its fractions and process variables.

    Columns named by an element hold fractions, on the metal site or, headed ``Li.Mg``, on
    another; those headed ``name (unit)`` hold variables of the space and properties. Other
    columns, such as notes, are left alone. An empty cell of a property is a failure, and so is a
    candidate without a row; a column ``failed`` may give the cause.
    """

    name = "table"
    fidelity = "table"
    isolated = False
    deferred = False

    def __init__(self, spec: TableSpec, campaign: CampaignSpec) -> None:
        self.path = spec.path
        text = read_text(self.path)
        self.source = f"{self.path.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
        pool = isinstance(campaign.space, PoolSpec)
        known = PoolSpace.from_spec(campaign.space).named() if pool else None
        self.properties, rows = parse_table(self.path, text, campaign, known)
        self.rows = one_each(rows)

    def check(self, space: Space) -> str:
        """Say how many of the space's candidates have a row.

        Raises:
            SpaceError: none has.
        """
        inside = sum(candidate in space for candidate in self.rows)
        if not inside:
            msg = f"{self.path}: none of its {len(self.rows)} rows lies in the space: check both"
            raise SpaceError(msg)
        outside = len(self.rows) - inside
        remark = f"the table has a row for {inside:,} of the space's {space.size:,} candidates"
        return remark + (f", and {outside:,} rows outside the space" if outside else "")

    def prepare(self) -> None:
        """Nothing: the table was read when this was built."""

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """The row of a candidate; all failed if the table has none."""
        row = self.rows.get(candidate)
        origin = {"source": self.source, "fidelity": self.fidelity}
        answers = []
        for known in self.properties:
            read = None if row is None else row.measurement(candidate, known, **origin)
            if read is not None:
                answers.append(read)
                continue
            subject = (candidate.id, known.name, known.unit)
            cause = (row and row.failed) or "missing"
            detail = "the table has no such row" if row is None else "the table's cell is empty"
            answers.append(Measurement.failure(*subject, cause, detail, **origin))
        return tuple(answers)
