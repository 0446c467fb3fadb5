"""``cathode doctor``: whether everything is as it should be."""

from typing import TYPE_CHECKING

import typer

from flows.cli.options import AsJson
from flows.cli.output import print_json, results

if TYPE_CHECKING:
    from flows.doctor.findings import Finding

COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Look at versions, places, ledger and servers; exit code 1 where there is a problem."""
    from dataclasses import asdict

    from cathode.settings import Settings
    from flows.doctor.examination import examine
    from flows.environment import prepare

    settings = Settings.from_environment()
    prepare(settings)
    found = examine(settings)
    well = not any(each.state == "problem" for each in found)
    if as_json:
        print_json({"well": well, "findings": [asdict(each) for each in found]})
    else:
        for each in found:
            _print(each)
    raise typer.Exit(0 if well else 1)


def _print(each: "Finding") -> None:
    from rich.markup import escape

    colour = COLOURS[each.state]
    remedy = f": {each.remedy}" if each.remedy else ""
    words = escape(f"{each.name}: {each.words}{remedy}")
    results().print(f"[{colour}]{each.state.value:8}[/] {words}", soft_wrap=True, highlight=False)
