"""Flows that hand cells to a DFT code and take its results in."""

from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from cathode.dft.export import export_orders
from cathode.errors import SourceError
from cathode.lab.conditions import SHORT, checked_text
from cathode.lab.form import Form, number_box, text_box
from cathode.lab.problems import read_form
from cathode.ledger import campaigns
from cathode.loop.dft import DftIngested, ingest_dft
from cathode.settings import Settings
from flows.lab.answers import Answer, answered, points, table
from flows.lab.ledgers import opened
from flows.lab.results import HEADINGS, plain

REMEDY = "say under Again whether it is a correction or a replicate"


class DftExportForm(Form):
    """A folder per open order, with input sets of both cells."""

    campaign: str = text_box("Campaign", owed=True)
    folder: str = text_box("Folder", "Its name in the home's folder dft.", owed=True)
    evaluator: str = text_box("Evaluator", "Name of the cheaper evaluator that is DFT, if one is.")


class DftResultsForm(Form):
    """Results of a DFT code: vasprun.xml files, or entries as JSON."""

    campaign: str = text_box("Campaign", owed=True)
    folder: str = text_box("Folder", "Its name in the home's folder dft.", owed=True)
    operator: str = text_box("Operator", "Your name.", owed=True)
    dry_run: bool = Field(True, title="Only look", description="Stores nothing.")
    lithium_energy: float | None = number_box(
        "Energy of lithium metal (eV/atom)", "If it is not in the folder.", -10, 0
    )
    evaluator: str = text_box("Evaluator", "Name of the cheaper evaluator that is DFT, if one is.")


@flow(name="export-dft", validate_parameters=False, persist_result=False)
def export_dft(export: DftExportForm) -> State:
    """Write a folder per open order that a DFT code can run.

    Args:
        export: of which campaign, and where to.
    """

    def work() -> Answer:
        form = read_form(DftExportForm, plain(export))
        ledger = opened()
        with ledger.read() as connection:
            _, spec = campaigns.latest_spec(connection, form.campaign.strip())
        folder = _inside(form.folder)
        folder.mkdir(parents=True, exist_ok=True)
        made = export_orders(ledger, spec, folder, form.evaluator.strip() or None)
        return Answer(f"{len(made)} folders in {folder}", points(path.name for path in made))

    return answered("export-dft", work)


@flow(name="ingest-dft", validate_parameters=False, persist_result=False)
def take_dft(results: DftResultsForm) -> State:
    """Take the results of a DFT code in: all of them or none.

    Args:
        results: of which campaign, and where they are.
    """

    def work() -> Answer:
        form = read_form(DftResultsForm, plain(results))
        ledger = opened()
        with ledger.read() as connection:
            _, spec = campaigns.latest_spec(connection, form.campaign.strip())
        found = ingest_dft(
            ledger,
            spec,
            _inside(form.folder),
            checked_text("Operator", form.operator, SHORT),
            dry=form.dry_run,
            evaluator=form.evaluator.strip() or None,
            lithium_energy=form.lithium_energy,
            remedy=REMEDY,
        )
        return _taken(found, dry=form.dry_run)

    return answered("ingest-dft", work)


def _inside(name: str) -> Path:
    """A folder in the home's folder of DFT.

    Raises:
        SourceError: it would lie elsewhere.
    """
    home = Settings.from_environment().home / "dft"
    folder = (home / checked_text("Folder", name, SHORT)).resolve()
    if not folder.is_relative_to(home.resolve()):
        msg = f"Folder: {name.strip()!r} is not in {home}; give the name of a folder there"
        raise SourceError(msg)
    return folder


def _taken(found: DftIngested, *, dry: bool) -> Answer:
    counts = f"{found.measurements} results of {found.candidates} candidates, {found.new} new"
    title = f"Looked at, nothing stored: {counts}" if dry else f"Stored: {counts}"
    rows = [(line.candidate, line.property, line.words, line.what) for line in found.lines]
    return Answer(title, f"{table(('candidate', *HEADINGS), rows)}\n\n{points(found.notes)}")
