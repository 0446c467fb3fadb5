"""``cathode ingest``: take in a table of results."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.output import print_json, results
from flows.cli.pages import refresh_pages


class Again(StrEnum):
    """What a result means of which there is another one already."""

    refuse = "refuse"
    correct = "correct"
    replicate = "replicate"


def ingest(
    campaign: Annotated[str, typer.Argument(help="Name of a campaign.")],
    table: Annotated[Path, typer.Argument(help="CSV file: a candidate and its results per row.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be entered.")
    ] = False,
    again: Annotated[
        Again,
        typer.Option(help="What a result means of which there is another one already."),
    ] = Again.refuse,
    evaluator: Annotated[
        str | None,
        typer.Option(help="Name of the cheaper evaluator that answered; else the campaign's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Enter results, all rows or none; rows that are known already change nothing."""
    from dataclasses import asdict

    from cathode.ledger import Ledger, campaigns
    from cathode.loop import ingest
    from cathode.settings import Settings
    from flows.identity import identity

    ledger = Ledger.open(Settings.from_environment().ledger_url)
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
    found = ingest(
        ledger, spec, table, identity(), dry=dry_run, again=again.value, evaluator=evaluator
    )
    if not dry_run and found.new:
        refresh_pages(campaign)
    if as_json:
        print_json({"campaign": campaign, "dry_run": dry_run, **asdict(found)})
        return
    done = "would be entered" if dry_run else f"read, {found.new} of them new"
    done += f", {found.corrections} corrections" if found.corrections else ""
    if spec.cheaper:
        done += f", answered by {evaluator or spec.evaluator.kind}"
    unasked = f"; {found.unasked} were never proposed" if found.unasked else ""
    results().print(
        f"{table}: {found.measurements} results of {found.candidates} candidates {done}{unasked}.",
        soft_wrap=True,
    )
