"""Options that several commands share."""

import os
from typing import Annotated

import typer


def _choose(runner: str | None) -> str | None:
    """Have all that is done side by side look there."""
    if runner is not None:
        os.environ["CATHODE_RUNNER"] = runner
    return runner


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Campaign = Annotated[str, typer.Argument(help="Name of a campaign in the ledger.")]
Runner = Annotated[
    str | None,
    typer.Option(
        "--runner",
        callback=_choose,
        help="processes of this machine, or dask://HOST:PORT; CATHODE_RUNNER if left out.",
    ),
]
