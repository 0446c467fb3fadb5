"""``cathode backup`` and ``cathode restore``: copies of all that is kept, and back."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.output import counted, messages, print_json, results

Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to, such as FILE.tar.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Copy ledger, MLflow, Prefect and the files of the home, while everything runs."""
    from dataclasses import asdict

    from cathode.settings import Settings
    from flows.backups.saving import save
    from flows.environment import prepare

    settings = Settings.from_environment()
    prepare(settings)
    with messages().status("copying"):
        found = save(settings, file.absolute(), force=force)
    if as_json:
        print_json(asdict(found))
        return
    results().print(
        f"{found.file}: {found.bytes / 1e6:.1f} MB, databases {', '.join(found.databases)} and "
        f"{counted(found.files, 'file')} of {settings.home}",
        soft_wrap=True,
    )
    for path in found.outside:
        messages().print(f"Not in it, as it lies outside the home: {path}", soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make everything again of a backup, after looking whether it is whole."""
    from dataclasses import asdict

    from cathode.settings import Settings
    from flows.backups.restoring import restore as bring_back
    from flows.environment import prepare
    from flows.postgres import ensure_databases

    settings = Settings.from_environment()
    prepare(settings)
    ensure_databases(settings)
    with messages().status("restoring"):
        found = bring_back(settings, file.absolute(), force=force)
    if as_json:
        print_json(asdict(found))
        return
    results().print(
        f"{settings.home} is as it was at {found.made_at}: databases "
        f"{', '.join(found.databases)}, {counted(found.files, 'file')}, "
        f"{counted(len(found.campaigns), 'campaign')}",
        soft_wrap=True,
    )
    if found.before != found.now:
        messages().print(f"The ledger was of version {found.before}, and is of {found.now} now.")
    if found.moved_from is not None:
        messages().print(
            f"The backup is of {found.moved_from}; MLflow's files are found here now.",
            soft_wrap=True,
        )
