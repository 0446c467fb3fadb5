"""All commands, and what happens when one of them cannot do its work."""

import json
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from cathode.errors import CathodeError
from flows.cli.augmentation_study import augmentation
from flows.cli.backtest import backtest
from flows.cli.backup import backup, restore
from flows.cli.best import best
from flows.cli.cgcnn import check as check_crystals
from flows.cli.cgcnn import predict, train
from flows.cli.dft import export as export_dft
from flows.cli.dft import ingest as ingest_dft
from flows.cli.doctor import doctor
from flows.cli.ingest import ingest
from flows.cli.models import models
from flows.cli.orders import orders
from flows.cli.pool import electrodes
from flows.cli.report import report
from flows.cli.run import run
from flows.cli.space import describe
from flows.cli.spec import check, schema
from flows.cli.status import status
from flows.cli.study import additive
from flows.cli.suggest import suggest
from flows.cli.up import up
from flows.cli.usage import sentence, shows_help

app = typer.Typer(
    name="cathode",
    help="Closed-loop discovery of battery cathode materials.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
spec = typer.Typer(help="Check campaign specs and show their schema.", no_args_is_help=True)
space = typer.Typer(help="Look at search spaces.", no_args_is_help=True)
app.add_typer(spec, name="spec")
app.add_typer(space, name="space")
pool = typer.Typer(help="Make tables of candidates from databases.", no_args_is_help=True)
app.add_typer(pool, name="pool")
study = typer.Typer(
    help="Repeat the studies of the seed papers on data of one's own.", no_args_is_help=True
)
app.add_typer(study, name="study")
cgcnn = typer.Typer(help="Learn and predict properties of crystals.", no_args_is_help=True)
app.add_typer(cgcnn, name="cgcnn")
dft = typer.Typer(
    help="Have a DFT code answer: its input files, and its results.", no_args_is_help=True
)
app.add_typer(dft, name="dft")
app.command()(run)
app.command()(status)
app.command()(best)
app.command()(models)
app.command()(report)
app.command()(orders)
app.command()(ingest)
app.command()(backtest)
app.command()(suggest)
app.command()(up)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
spec.command()(check)
spec.command()(schema)
space.command()(describe)
pool.command()(electrodes)
study.command()(additive)
study.command()(augmentation)
cgcnn.command("check")(check_crystals)
cgcnn.command()(train)
cgcnn.command()(predict)
dft.command("export")(export_dft)
dft.command("ingest")(ingest_dft)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - how Typer hands options on
    if wanted:
        sys.stdout.write(f"cathode {version('cathode')}\n")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Closed-loop discovery of battery cathode materials."""


BAD_INPUT = 2
"""Exit code of everything the user can mend; nothing has been written then."""


def main() -> None:
    """Run a command; an error that the user can mend becomes one sentence."""
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        if shows_help(error):
            sys.exit(BAD_INPUT)
        _leave(sentence(error))
    except typer.Abort:
        sys.exit(1)
    except CathodeError as error:
        _leave(str(error))
    except OSError as error:  # a full disk, a folder that may not be written
        if error.filename is None:
            raise
        _leave(f"{error.filename}: {error.strerror}: give another place, or make room there")


def _leave(message: str) -> NoReturn:
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": message}) + "\n")
    sys.stderr.write(f"cathode: {message}\n")
    sys.exit(BAD_INPUT)
