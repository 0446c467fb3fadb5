"""``cathode report``: write the report of a campaign."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson, Campaign
from flows.cli.output import messages, print_json, results


def report(
    campaign: Campaign,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write it, an .html file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write one HTML page with the progress, the models' skill and the best candidates."""
    from cathode.ledger import Ledger, campaigns
    from cathode.settings import Settings

    settings = Settings.from_environment()
    ledger = Ledger.open(settings.ledger_url)
    with ledger.read() as connection:
        campaigns.latest_spec(connection, campaign)  # says so before the models are imported
    from flows.reporting import write_report

    with messages().status("drawing"):
        file = write_report(ledger, settings, campaign, out or settings.report(campaign))
    if as_json:
        print_json({"campaign": campaign, "report": str(file)})
    else:
        results().print(f"Report: {file}", soft_wrap=True)
