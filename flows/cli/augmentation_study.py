"""``cathode study augmentation``: whether augmentations of crystals help a network to predict."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, Runner
from flows.cli.output import counted, messages, print_json, results

if TYPE_CHECKING:
    from cathode.settings import Settings
    from flows.studies.augmentation.study import Study

MOST_TOLD = 20
"""Refused crystals that are told in the terminal; the page has all."""


class Profiles(StrEnum):
    """How much is done where nothing else is asked for."""

    quick = "quick"
    paper = "paper"


def augmentation(
    data: Annotated[Path, typer.Option(help="Folder of crystals with their properties.")],
    properties: Annotated[
        str | None, typer.Option(help="A,B,...; those of the profile that the data have if none.")
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(help="Such as none,anisotropic-5,...; those of the profile if none."),
    ] = None,
    profile: Annotated[
        Profiles, typer.Option(help="quick: minutes; paper: as published, for a GPU.")
    ] = Profiles.quick,
    replicates: Annotated[int | None, typer.Option(help="Splits of each kind.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="copies: ten variants of each crystal; on_the_fly: one each epoch."),
    ] = None,
    split: Annotated[str, typer.Option(help="Kinds of splits.")] = "random,framework",
    ion: Annotated[
        str,
        typer.Option(help="Working ion, no part of a framework, or all; auto: Li of electrodes."),
    ] = "auto",
    epochs: Annotated[int | None, typer.Option(help="Passes over the training set.")] = None,
    tune: Annotated[
        str | None,
        typer.Option(help="Tune the volume of this scaling: anisotropic or isotropic."),
    ] = None,
    trials: Annotated[int, typer.Option(help="Volumes to try on each split.")] = 10,
    seed: Annotated[int, typer.Option(help="Of splits, variants, weights and trials.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; in the home under studies/augmentation if none."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Give up what the folder holds of another study.")
    ] = False,
    runner: Runner = None,  # noqa: ARG001 - its callback has it looked at
    as_json: AsJson = False,
) -> None:
    """Tell whether augmentations of crystals help a network to predict their properties."""
    from cathode.settings import Settings
    from cathode.sources.crystals import chosen_ion
    from flows.cli.run import INTERRUPTED
    from flows.cli.signals import stopping_on_signals
    from flows.cli.stages import showing_progress
    from flows.studies.augmentation.properties import wanted_properties
    from flows.studies.augmentation.settings import PROFILES, StudySettings

    settings, usual = Settings.from_environment(), PROFILES[profile.value]
    asked = StudySettings(
        methods=tuple(_names(methods)) or usual.methods,
        replicates=usual.replicates if replicates is None else replicates,
        mode=mode or usual.mode,  # type: ignore[arg-type]  # it is checked there
        splits=tuple(_names(split)),  # type: ignore[arg-type]
        epochs=usual.epochs if epochs is None else epochs,
        network=usual.network,
        tune=tune,
        trials=trials,
        seed=seed,
    )
    wanted = wanted_properties(data, _names(properties), usual.properties)
    from flows.crystals.properties import unit_note
    from flows.studies.augmentation.data import Source, read_study_data
    from flows.studies.augmentation.outputs import write_outputs
    from flows.studies.augmentation.study import run_study
    from flows.studies.augmentation.summary import cautions, summary

    source = Source(data.resolve(), wanted, chosen_ion(data, ion), settings.cache)
    folder = out or settings.home / "studies" / "augmentation" / source.folder.name
    try:
        with stopping_on_signals(), showing_progress(_stage) as tell:
            known = read_study_data(source, settings.workers, tell)
            _tell_refused(known.table.refused)
            for each in cautions(wanted, asked):
                messages().print(f"Caution: {each}.", soft_wrap=True, highlight=False)
            for each in filter(None, map(unit_note, wanted)):
                messages().print(f"Note: {each}.", soft_wrap=True, highlight=False)
            study = run_study(
                source,
                known,
                asked,
                folder,
                settings.workers,
                fresh=fresh,
                tell=tell,
                say=tell.say,
            )
    except KeyboardInterrupt:
        messages().print("Interrupted; nothing is lost. The same command continues.")
        raise typer.Exit(INTERRUPTED) from None
    found = summary(study)
    with messages().status("drawing"):
        files = write_outputs(study, found, folder)
    with messages().status("logging to MLflow"):
        _log(settings, study, found, files)
    if as_json:
        print_json({**found, "files": [str(file) for file in files]})
    else:
        _print(found)
        results().print(f"Page: {folder / 'index.html'}", soft_wrap=True)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _stage(stage: str, done: int, total: int) -> str:
    if stage == "crystals":
        return f"{total} crystals to parse"
    return f"{stage}: {total} at most, {done} of them kept from before"


def _tell_refused(refused: Mapping[str, str]) -> None:
    for name, reason in list(refused.items())[:MOST_TOLD]:
        messages().print(f"{name} cannot be used: {reason}", soft_wrap=True, highlight=False)
    if (more := len(refused) - MOST_TOLD) > 0:
        messages().print(f"{more} more crystals cannot be used: the page says why")


def _log(
    settings: "Settings", study: "Study", found: Mapping[str, Any], files: Sequence[Path]
) -> None:
    """Log to MLflow; a tracking server that is down does not cost the study."""
    from flows.environment import prepare
    from flows.studies.augmentation.outputs import SUMMARY

    prepare(settings)
    shown = [file for file in files if file.suffix == ".png" or file.name == SUMMARY]
    try:
        from flows.study_tracking import log_study

        log_study(settings, study, found, shown)
    except Exception as error:  # noqa: BLE001 - whatever MLflow raises
        messages().print(
            f"MLflow did not take it ({type(error).__name__}: {error}); the same command logs it "
            "later",
            soft_wrap=True,
        )


def _print(found: Mapping[str, Any]) -> None:
    """Tables and verdict."""
    results().print(
        f"{found['folder']}: {found['crystals']} crystals of {found['frameworks']} frameworks, "
        f"{found['mode'].replace('_', ' ')}, {found['epochs']} epochs at most, "
        f"{counted(found['replicates'], 'replicate')}",
        highlight=False,
        soft_wrap=True,
    )
    for place in found["places"]:
        _print_place(place)
        if place["ions"]:
            _print_ions(place, found["methods"])
        if place["tuned"]:
            volumes = ", ".join(f"{v:g} %" for v in place["tuned"]["volumes_percent"])
            results().print(f"{place['tuned']['method']} chose {volumes}", highlight=False)
    for sentence in found["sentences"]:
        results().print(f"• {sentence}", highlight=False)
    for note in found["notes"]:
        results().print(f"Note: {note}.", soft_wrap=True, highlight=False)


def _print_place(place: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    unit = f" ({place['unit']})" if place["unit"] else ""
    sizes = "/".join(str(place[f"{part}_crystals"][0]) for part in ("train", "validation", "test"))
    table = Table(
        title=f"{place['property']}, {place['split']} split, {sizes} crystals",
        caption="Improvement: of the mean MAD/MAE, as published; the verdict is about the MAE.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("method", no_wrap=True)
    for heading in (f"MAE{unit}", f"RMSE{unit}", "MAD/MAE", "improvement (%)", "published (%)"):
        table.add_column(heading, justify="right")
    for row in place["methods"]:
        table.add_row(
            row["method"],
            *(_figure(row[key]) for key in ("mae", "rmse", "mad_over_mae")),
            _percent(row["improvement_percent"], row["improvement_error"]),
            _percent(row["published_improvement_percent"]),
        )
    results().print(table)


def _print_ions(place: Mapping[str, Any], methods: Sequence[str]) -> None:
    from rich import box
    from rich.table import Table

    from flows.studies.digits import digits

    table = Table(
        title=f"Mean MAE by working ion, {place['property']}, {place['split']} split",
        caption="Spreads and the other scores are on the page.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("ion")
    table.add_column("test crystals", justify="right")
    for name in methods:
        table.add_column(name, justify="right")
    for each in place["ions"]:
        rows = {row["method"]: row for row in each["methods"]}
        means = [digits(rows[name]["mae"]["mean"]) for name in methods]
        counts = ", ".join(map(str, each["test_crystals"]))
        table.add_row(each["ion"], counts, *means)
    results().print(table)


def _figure(spread: Mapping[str, Any]) -> str:
    from flows.studies.digits import digits

    mean = digits(spread["mean"])
    return mean if spread["sd"] is None else f"{mean} ± {digits(spread['sd'])}"


def _percent(value: float | None, error: float | None = None) -> str:
    if value is None:
        return "–"
    return f"{value:+.1f}" + ("" if error is None else f" ± {error:.1f}")
