"""Options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Campaign = Annotated[str, typer.Argument(help="Name of a campaign in the ledger.")]
