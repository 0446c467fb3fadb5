"""Take in a table of results, all of it or nothing."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from cathode.ledger import Ledger, measurements, proposals
from cathode.model import Candidate, Measurement, Property
from cathode.sources.csv_cells import read_text
from cathode.sources.results_table import Row, parse_table
from cathode.space import PoolSpace
from cathode.spec import CampaignSpec, PoolSpec


@dataclass(frozen=True)
class Ingested:
    """What a table brought.

    Attributes:
        candidates: rows with something in them.
        measurements: values and failures in these rows.
        new: how many of them the ledger did not have.
        unasked: rows whose candidate the campaign never proposed.
    """

    candidates: int
    measurements: int
    new: int
    unasked: int


def ingest(ledger: Ledger, spec: CampaignSpec, path: Path, who: str, *, dry: bool) -> Ingested:
    """Enter the results of a table; a row that is known already changes nothing.

    An empty cell was not measured yet; where the column ``failed`` gives a cause, it failed.

    Args:
        ledger: where to.
        spec: the campaign.
        path: CSV file; rows are named by ``candidate`` id, or by composition and conditions.
        who: who enters it.
        dry: look only, write nothing.

    Raises:
        SourceError: something in the table is wrong; nothing was written.
    """
    with ledger.read() as connection:
        known = dict(proposals.candidates_of(connection, spec.name))
        asked = {p.candidate.id: p for p in proposals.of_campaign(connection, spec.name)}
    if isinstance(spec.space, PoolSpec):
        known |= PoolSpace.from_spec(spec.space).named()
    properties, rows = parse_table(path, read_text(path), spec, known)
    read = ((c, _measured(path, c, row, properties)) for c, row in rows.items())
    found = {candidate: entries for candidate, entries in read if entries}
    new = 0
    if not dry:
        with ledger.write() as connection:
            proposals.add_candidates(connection, list(found))
            for candidate, entries in found.items():
                new += sum(
                    measurements.record(
                        connection,
                        spec.name,
                        measurement,
                        who,
                        _submission(spec.name, measurement),
                        answers=asked.get(candidate.id),
                    )
                    for measurement in entries
                )
    return Ingested(
        candidates=len(found),
        measurements=sum(map(len, found.values())),
        new=new,
        unasked=sum(candidate.id not in asked for candidate in found),
    )


def _measured(
    path: Path, candidate: Candidate, row: Row, properties: tuple[Property, ...]
) -> list[Measurement]:
    entries = []
    for known in properties:
        subject = (candidate.id, known.name, known.unit)
        value = row.values[known.name]
        if value is not None:
            entries.append(Measurement(*subject, value, source=path.name, fidelity="lab"))
        elif row.failed is not None:
            origin = {"source": path.name, "fidelity": "lab"}
            entries.append(Measurement.failure(*subject, row.failed, "as the table says", **origin))
    return entries


def _submission(campaign: str, measurement: Measurement) -> str:
    """The same result has the same name, whatever table it comes in."""
    content = [campaign, measurement.candidate_id, measurement.property]
    content += [str(measurement.value), str(measurement.cause)]
    return f"table/{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]}"
