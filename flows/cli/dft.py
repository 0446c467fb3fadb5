"""``cathode dft``: orders for a DFT code, and its results."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ingest import Again
from flows.cli.options import AsJson
from flows.cli.output import counted, messages, print_json, progress_bar, results
from flows.cli.pages import refresh_pages

if TYPE_CHECKING:
    from cathode.ledger import Ledger
    from cathode.loop.dft import DftIngested
    from cathode.spec import CampaignSpec


def export(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")],
    folder: Annotated[Path, typer.Argument(help="Where to: one folder in it per order.")],
    evaluator: Annotated[
        str | None,
        typer.Option(help="Name of the cheaper evaluator that is asked; else the campaign's own."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write folders that differ anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write input files of VASP for the open orders of a campaign."""
    from cathode.dft.export import export_orders

    ledger, spec = _opened(campaign)
    with _showing_progress() as tell:
        found = export_orders(ledger, spec, folder, evaluator, replace=replace, tell=tell)
    if as_json:
        orders = [{"candidate": place.name, "folder": str(place)} for place in found]
        print_json({"campaign": campaign, "evaluator": evaluator, "orders": orders})
    elif not found:
        to = f" to {evaluator}" if evaluator else ""
        results().print(f"{campaign} has no open work order{to}.")
    else:
        words = f"{folder}: {counted(len(found), 'order')}; README.txt in each says how to run it."
        results().print(words, soft_wrap=True)


def ingest(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")],
    folder: Annotated[
        Path, typer.Argument(help="Folder with vasprun.xml files, or entries of pymatgen as JSON.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be entered.")
    ] = False,
    again: Annotated[
        Again,
        typer.Option(help="What a result means of which there is another one already."),
    ] = Again.refuse,
    lithium_energy: Annotated[
        float | None,
        typer.Option(
            help="Energy of lithium metal (eV/atom) by the same functional; else that of a "
            "calculation in the folder, else the published one of PBE."
        ),
    ] = None,
    evaluator: Annotated[
        str | None,
        typer.Option(help="Name of the cheaper evaluator that answered; else the campaign's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Enter what DFT calculations come to, all or none; what is known already changes nothing."""
    from dataclasses import asdict

    from cathode.loop.dft import ingest_dft
    from flows.identity import identity

    ledger, spec = _opened(campaign)
    found = ingest_dft(
        ledger,
        spec,
        folder,
        identity(),
        dry=dry_run,
        again=again.value,
        evaluator=evaluator,
        lithium_energy=lithium_energy,
    )
    if not dry_run and found.new:
        refresh_pages(campaign)
    if as_json:
        print_json({"campaign": campaign, "dry_run": dry_run, **asdict(found)})
        return
    _print(folder, found, spec, evaluator, dry=dry_run)


def _opened(campaign: str) -> "tuple[Ledger, CampaignSpec]":
    from cathode.ledger import Ledger, campaigns
    from cathode.settings import Settings

    ledger = Ledger.open(Settings.from_environment().ledger_url)
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
    return ledger, spec


@contextmanager
def _showing_progress() -> Iterator[Callable[[int, int], None]]:
    bar = progress_bar(messages())
    shown = bar.add_task("cells", total=None)
    with bar:
        yield lambda done, total: bar.update(shown, completed=done, total=total)


def _print(
    folder: Path, found: "DftIngested", spec: "CampaignSpec", evaluator: str | None, *, dry: bool
) -> None:
    done = "would be entered" if dry else f"read, {found.new} of them new"
    done += f", {found.corrections} corrections" if found.corrections else ""
    if spec.cheaper:
        done += f", answered by {evaluator or spec.evaluator.kind}"
    unasked = f"; {found.unasked} were never proposed" if found.unasked else ""
    results().print(
        f"{folder}: {found.measurements} results of {found.candidates} candidates {done}{unasked}.",
        soft_wrap=True,
    )
    if found.lithium:
        results().print(f"Lithium metal: {found.lithium}.", soft_wrap=True, highlight=False)
    for line in found.lines:
        if line.property not in spec.modelled:
            continue  # --json has all of them
        words = f"  {line.candidate} {line.property}: {line.words}, {line.what}"
        results().print(words, soft_wrap=True, highlight=False)
    for note in found.notes:
        messages().print(note, soft_wrap=True, highlight=False)
