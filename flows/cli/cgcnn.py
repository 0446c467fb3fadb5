"""``cathode cgcnn``: crystal graph networks that learn a property of a folder of crystals."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.output import messages, print_json, progress_bar, results

if TYPE_CHECKING:
    from flows.crystals.members import Progress
    from flows.crystals.plan import Plan
    from flows.crystals.predict import Answer

Folder = Annotated[
    Path, typer.Argument(help="id_prop.csv with CIF files, or Materials Project crystals.")
]
Ion = Annotated[str, typer.Option(help="Working ion of electrodes; all for every one.")]


class SplitBy(StrEnum):
    """What is never on two sides of a split."""

    random = "random"
    framework = "framework"


class Lower(StrEnum):
    """What becomes of embedding and convolutions of a network that has learned before."""

    free = "free"
    slow = "slow"
    frozen = "frozen"


def check(
    folder: Folder,
    property_name: Annotated[
        str | None,
        typer.Option("--property", help="Look at one alone; names that of a CGCNN folder."),
    ] = None,
    ion: Ion = "Li",
    as_json: AsJson = False,
) -> None:
    """Tell which crystals of a folder can be used, and what is known of them."""
    from cathode.settings import Settings
    from flows.crystals.check import check as look_at

    found = look_at(folder, property_name, ion, Settings.from_environment())
    if as_json:
        print_json(found)
    else:
        _print_check(found)


def train(
    folder: Folder,
    property_name: Annotated[str, typer.Option("--property", help="What is learned.")],
    out: Annotated[Path, typer.Option(help="File of the model to write.")],
    ion: Ion = "Li",
    members: Annotated[int, typer.Option(help="Networks of the ensemble.")] = 5,
    epochs: Annotated[int, typer.Option(help="Passes over the crystals, at most.")] = 60,
    batch: Annotated[int, typer.Option(help="Crystals in a batch.")] = 64,
    rate: Annotated[float | None, typer.Option(help="Greatest learning rate.")] = None,
    augmentation: Annotated[
        str, typer.Option(help="auto (as published), none, anisotropic-5, perturbation-0.2, ...")
    ] = "auto",
    copies: Annotated[
        int, typer.Option(help="Variants of each crystal, made before; 0: new ones every epoch.")
    ] = 0,
    split: Annotated[
        SplitBy, typer.Option(help="Whether compositions or frameworks are never split.")
    ] = SplitBy.framework,
    validation: Annotated[float, typer.Option(help="Share that tells the best epoch.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share that the model is judged by.")] = 0.1,
    start: Annotated[
        Path | None, typer.Option(help="Model whose networks to go on from (fine-tuning).")
    ] = None,
    lower: Annotated[
        Lower | None, typer.Option(help="With --start: how its convolutions learn on.")
    ] = None,
    atom: Annotated[int | None, typer.Option(help="Entries of an atom's vector; 64.")] = None,
    hidden: Annotated[int | None, typer.Option(help="Of a crystal's vector; 128.")] = None,
    convolutions: Annotated[int | None, typer.Option(help="Convolutions; 3.")] = None,
    focus: Annotated[
        str,
        typer.Option(help="Element whose atoms are read apart, too; auto: the electrodes' ion."),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Of split, first weights and order.")] = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Give up what is there of another training.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Learn a property: an ensemble of networks, judged on crystals it has not seen."""
    from augment.advice import caution
    from cathode.settings import Settings
    from flows.cli.run import INTERRUPTED
    from flows.cli.signals import stopping_on_signals
    from flows.crystals.learn import Place, learn
    from flows.crystals.plan import (
        Plan,
        chosen_augmentation,
        chosen_focus,
        chosen_sizes,
        chosen_training,
    )

    # A model to start from has its focus already.
    apart = None if start is not None and focus == "auto" else chosen_focus(focus, folder, ion)
    plan = Plan(
        property_name,
        ion,
        members,
        chosen_augmentation(augmentation, property_name),
        copies,
        split.value,
        validation,
        test,
        chosen_sizes(start, atom, hidden, convolutions, apart),
        chosen_training(start, epochs, batch, rate, lower.value if lower is not None else None),
        seed,
    )
    if plan.augmentation is not None and (doubt := caution(plan.augmentation, property_name)):
        messages().print(f"{doubt}.", highlight=False)
    place = Place(folder, out, start, fresh)
    try:
        with stopping_on_signals(), _showing_progress(plan) as (tell, remark):
            found = learn(place, plan, Settings.from_environment(), tell, remark)
    except KeyboardInterrupt:
        messages().print("Interrupted; nothing is lost. The same command continues.")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(found)
    else:
        _print_training(found)


def predict(
    model: Annotated[Path, typer.Argument(help="File of a model, of ours or of the CGCNN code.")],
    places: Annotated[list[Path], typer.Argument(help="Folders of crystals, or CIF files.")],
    csv: Annotated[Path | None, typer.Option(help="Write a table to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict crystals, each with the interval in which four of five values lie."""
    from cathode.errors import SourceError
    from cathode.settings import Settings
    from flows.crystals.outputs import write_predictions
    from flows.crystals.predict import predict as answer

    if csv is not None and not csv.parent.is_dir():
        msg = f"--csv {str(csv)!r}: there is no folder {str(csv.parent)!r}: make it first"
        raise SourceError(msg)
    found = answer(model, places, Settings.from_environment())
    if csv is not None:
        write_predictions(csv, found.prop, found.names, found.prediction, intervals=found.intervals)
    if as_json:
        print_json(_answer_as_json(model, found))
    else:
        _print_answer(found)


@contextmanager
def _showing_progress(
    plan: "Plan",
) -> Iterator[tuple[Callable[["Progress"], None], Callable[[str], None]]]:
    """A bar with the time left; a line per tenth of the epochs where there is no terminal."""
    import time

    bar = progress_bar(messages())
    shown = bar.add_task("reading crystals", total=None)
    began: list[tuple[float, int]] = []
    told = -1

    def tell(now: "Progress") -> None:
        nonlocal told
        began.append((time.monotonic(), now.done)) if not began else None
        words = "training"
        if now.epoch is not None:
            from flows.crystals.properties import described

            unit = described(plan.property_name).unit
            words = (
                f"member {now.member}, epoch {now.epoch.number}: validation MAE "
                f"{now.epoch.mae:.3g} {unit}".rstrip()
            )
        bar.update(shown, completed=now.done, total=now.total, description=words)
        if not bar.console.is_terminal and (tenth := 10 * now.done // now.total) > told:
            told = tenth
            left = _left(began[0], now)
            bar.console.print(f"{now.done} of {now.total} epochs{left}; {words}", highlight=False)

    with bar:
        yield tell, lambda words: bar.console.print(f"{words}.", highlight=False)


def _left(began: tuple[float, int], now: "Progress") -> str:
    """The time left, of the pace so far."""
    import time

    then, done = began
    if now.done <= done or now.done >= now.total:
        return ""
    seconds = (time.monotonic() - then) / (now.done - done) * (now.total - now.done)
    return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"  # noqa: PLR2004


def _print_refused(refused: Mapping[str, str]) -> None:
    for name, reason in refused.items():
        results().print(f"{name}: {reason}", soft_wrap=True, highlight=False, markup=False)


def _print_check(found: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    from cathode.report.numbers import short

    atoms = found["atoms"]
    cells = f", {atoms['mean']:.1f} atoms on average, {atoms['most']} at most" if atoms else ""
    results().print(
        f"{found['folder']}: {found['crystals']} crystals can be used, of {found['frameworks']} "
        f"frameworks{cells}; {len(found['refused'])} cannot",
        soft_wrap=True,
        highlight=False,
    )
    _print_refused(found["refused"])
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("property", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for head in ("known of", "mean", "spread", "least", "greatest"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in found["properties"]:
        numbers = [short(row[key]) for key in ("mean", "spread", "least", "greatest")]
        table.add_row(row["property"], row["unit"], str(row["known"]), *numbers)
    results().print(table)


def _print_training(found: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    from cathode.evaluation.metrics import LEVELS
    from cathode.report.numbers import short

    parts, asked = found["crystals"], found["asked"]
    unit = f" ({found['unit']})" if found["unit"] else ""
    if found["refused"]:
        results().print(
            f"{len(found['refused'])} crystals could not be used; `cathode cgcnn check` says why."
        )
    results().print(
        f"Of {sum(parts.values())} crystals {parts['train']} were learned from, with "
        f"{asked['augmentation'] or 'no'} augmentation; {parts['validation']} told the best epoch "
        f"and the width of intervals; {parts['test']} judge:",
        soft_wrap=True,
        highlight=False,
    )
    table = Table(
        title=f"{found['property']}{unit}",
        caption="Inside: share (%) of values in 50, 80 and 95 % intervals.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("")
    for head in ("MAE", "RMSE", "MAD/MAE", "R²", "CRPS", "inside\n50/80/95"):
        table.add_column(head, justify="right", no_wrap=True)
    names = {"cgcnn": f"{asked['members']} networks", "linear": "ridge on element fractions"}
    for name, scores in found["scores"].items():
        figures = [short(scores.get(k)) for k in ("mae", "rmse", "mad_over_mae", "r2", "crps")]
        inside = "/".join(f"{scores[f'coverage_{level}']:.0f}" for level in LEVELS)
        table.add_row(names.get(name, name), *figures, inside)
    results().print(table)
    for file in found["files"]:
        results().print(file, soft_wrap=True, highlight=False, markup=False)


def _rows(found: "Answer") -> list[dict[str, Any]]:
    from flows.crystals.outputs import REACH

    rows: list[dict[str, Any]] = []
    for name, mean, sigma in zip(
        found.names, found.prediction.mean, found.prediction.sigma, strict=True
    ):
        row: dict[str, Any] = {"id": name, "value": float(mean)}
        if found.intervals:
            row |= {
                "sigma": float(sigma),
                "low_80": float(mean - REACH * sigma),
                "high_80": float(mean + REACH * sigma),
            }
        rows.append(row)
    return rows


def _answer_as_json(model: Path, found: "Answer") -> dict[str, Any]:
    return {
        "model": str(model),
        "property": found.prop.name,
        "unit": found.prop.unit,
        "intervals": found.intervals,
        "predictions": _rows(found),
        "refused": found.refused,
    }


def _print_answer(found: "Answer") -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("crystal", overflow="fold")
    table.add_column(found.prop.heading, justify="right", no_wrap=True)
    if found.intervals:
        table.add_column("80 % interval", justify="right", no_wrap=True)
    for row in _rows(found):
        cells = [f"{row['value']:.4g}"]
        if found.intervals:
            cells.append(f"{row['low_80']:.4g} to {row['high_80']:.4g}")
        table.add_row(row["id"], *cells)
    results().print(table)
    if not found.intervals:
        results().print("The model is one network without noise: it gives no intervals.")
    if found.refused:
        results().print(f"{len(found.refused)} cannot be predicted:")
        _print_refused(found.refused)
