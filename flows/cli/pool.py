"""``cathode pool``: tables of candidates from databases."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.output import left_out, print_json, results


def electrodes(
    source: Annotated[Path, typer.Argument(help="CSV of Materials Project voltage pairs.")],
    target: Annotated[Path, typer.Argument(help="CSV to write: a pool with its results.")],
    ion: Annotated[str, typer.Option(help="Working ion.")] = "Li",
    as_json: AsJson = False,
) -> None:
    """Turn Materials Project electrodes into a pool that a campaign can screen."""
    from dataclasses import asdict

    from cathode.sources.mp_electrodes import write_pool

    written = write_pool(source, target, ion)
    if as_json:
        print_json({"table": str(target), **asdict(written)})
        return
    reasons = left_out(written.left_out)
    results().print(f"{target}: {written.rows:,} candidates. Left out: {reasons}.", soft_wrap=True)
