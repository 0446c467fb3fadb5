"""``cathode study``: the studies of the seed papers, on a table of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, Runner
from flows.cli.output import messages, print_json, results


def additive(
    data: Annotated[Path, typer.Argument(help="CSV file, or numbers parted by blanks.")],
    target: Annotated[str, typer.Option(help="Column of what is to be learned.")],
    features: Annotated[
        str | None, typer.Option(help="Columns to learn from, A,B,...; all others if none.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(help="Column of what is never split, such as the composition."),
    ] = None,
    splits: Annotated[int, typer.Option(help="Random splits.")] = 100,
    test_share: Annotated[float, typer.Option(help="Share of the groups to test on.")] = 0.2,
    coupling: Annotated[
        str, typer.Option(help="Numbers of coupling terms.")
    ] = "0,1,2,4,8,16,32,64,100",
    nodes: Annotated[str, typer.Option(help="Numbers of nodes of a network.")] = "1,2,3,4,6,9,12",
    seed: Annotated[int, typer.Option(help="Of rows, splits and initial weights.")] = 0,
    rows: Annotated[int | None, typer.Option(help="Draw so many rows; all if none.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; in the home under studies/additive if none."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Give up what the folder holds of another study.")
    ] = False,
    runner: Runner = None,  # noqa: ARG001 - its callback has it looked at
    as_json: AsJson = False,
) -> None:
    """Tell how much nonlinearity and how much coupling of features matter for a target."""
    from cathode.settings import Settings
    from flows.cli.run import INTERRUPTED
    from flows.cli.signals import stopping_on_signals
    from flows.cli.stages import showing_progress
    from flows.studies.additive.data import read_study_data
    from flows.studies.additive.settings import StudySettings

    settings = Settings.from_environment()
    asked = StudySettings(
        splits=splits,
        test_share=test_share,
        coupling=_numbers("--coupling", coupling),
        nodes=_numbers("--nodes", nodes),
        seed=seed,
    )
    named = [name.strip() for name in features.split(",")] if features is not None else None
    known = read_study_data(data, target, named, group, rows, seed)
    name = f"{data.stem}-{target}".replace("/", " ")
    folder = out or settings.home / "studies" / "additive" / name
    from flows.studies.additive.outputs import write_outputs
    from flows.studies.additive.study import run_study
    from flows.studies.additive.summary import summary

    try:
        with stopping_on_signals(), showing_progress(_fits) as tell:
            study = run_study(known, asked, folder, settings.workers, fresh=fresh, tell=tell)
    except KeyboardInterrupt:
        messages().print("Interrupted; nothing is lost. The same command continues.")
        raise typer.Exit(INTERRUPTED) from None
    found = summary(study)
    with messages().status("drawing"):
        files = write_outputs(study, found, folder)
    if as_json:
        print_json({**found, "files": [str(file) for file in files]})
    else:
        _print(found)
        results().print(f"Page: {folder / 'index.html'}", soft_wrap=True)


def _numbers(option: str, text: str) -> tuple[int, ...]:
    from cathode.errors import StudyError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.lstrip("-").isdecimal() for part in parts):
        msg = f"{option} {text!r}: give whole numbers with commas between them, such as 1,2,4"
        raise StudyError(msg)
    return tuple(int(part) for part in parts)


def _fits(stage: str, done: int, total: int) -> str:
    return f"{stage}: {total} fits, {done} of them kept from before"


def _print(found: Mapping[str, Any]) -> None:
    """Tables, optimum and verdict."""
    groups = f"{found['group']} groups" if found["group"] else "distinct rows"
    results().print(
        f"{found['target']} of {found['table']}: {found['rows']} rows, "
        f"{len(found['features'])} features, {found['splits']} splits, "
        f"{found['test_share']:.0%} of {found['groups']} {groups} to test on",
        highlight=False,
    )
    _print_scores(found)
    _print_features(found)
    best = found["optimum"]
    results().print(
        f"Optimum: l = {best['lengthscale']:g}, log10 noise = {best['log10_noise']:g}, "
        f"R² of the test parts {best['test_r2_mean']:.3f} ± {best['test_r2_sd']:.3f}",
        highlight=False,
    )
    for sentence in found["sentences"]:
        results().print(f"• {sentence}", highlight=False)
    for note in found["notes"]:
        results().print(f"Note: {note}.", highlight=False)


def _print_scores(found: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    from flows.studies.digits import digits, share

    for heading, kind, shown in (("RMSE", "rmse", digits), ("R²", "r2", share)):
        table = Table(title=heading, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        table.add_column("model", no_wrap=True)
        for part in ("train", "test"):
            for each in ("max", "min", "median"):
                table.add_column(f"{part}\n{each}", justify="right", no_wrap=True)
        for row in found["models"]:
            cells = [
                shown(row[f"{part}_{kind}"][each])
                for part in ("train", "test")
                for each in ("max", "min", "median")
            ]
            table.add_row(row["model"], *cells)
        results().print(table)


def _print_features(found: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    from flows.studies.digits import digits

    table = Table(title="Magnitude of each feature's function", box=box.SIMPLE_HEAD)
    table.add_column("feature", overflow="fold")
    for heading in ("at the optimum", "near-linear"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found["feature_magnitudes"]:
        table.add_row(
            row["feature"],
            f"{digits(row['magnitude'])} ± {digits(row['sd'])}",
            f"{digits(row['near_linear'])} ± {digits(row['near_linear_sd'])}",
        )
    results().print(table)
