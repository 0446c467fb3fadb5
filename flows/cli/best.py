"""``cathode best``: the best candidates so far."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, Campaign
from flows.cli.output import best_rows, print_best, print_json, results


def best(
    campaign: Campaign,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="How many to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the best measured candidates that keep all constraints, the Pareto front first."""
    from cathode.ledger import Ledger
    from cathode.report.leaders import leaders
    from cathode.settings import Settings

    ledger = Ledger.open(Settings.from_environment().ledger_url)
    found = leaders(ledger, campaign, n)
    if as_json:
        rows = best_rows(found.ranked, found.spec)
        print_json({"campaign": campaign, "best": rows, "bounds": found.bounds})
        return
    print_best(found.ranked, found.spec, n)
    for words in found.bounds:
        results().print(words, soft_wrap=True)
