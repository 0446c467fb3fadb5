"""``cathode cgcnn``: crystal graph networks that learn a property of a folder of crystals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.crystal_output import answer_as_json, print_answer, print_check, print_training
from flows.cli.options import AsJson, Runner
from flows.cli.output import messages, print_json, progress_bar

if TYPE_CHECKING:
    from flows.crystals.members import Progress
    from flows.crystals.plan import Plan

Folder = Annotated[
    Path, typer.Argument(help="id_prop.csv with CIF files, or Materials Project crystals.")
]
Ion = Annotated[
    str,
    typer.Option(help="Working ion, no part of a framework, or all; auto: Li of electrodes."),
]


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
    ion: Ion = "auto",
    as_json: AsJson = False,
) -> None:
    """Tell which crystals of a folder can be used, and what is known of them."""
    from cathode.settings import Settings
    from flows.crystals.check import check as look_at

    found = look_at(folder, property_name, ion, Settings.from_environment())
    if as_json:
        print_json(found)
    else:
        print_check(found)


def train(
    folder: Folder,
    property_name: Annotated[str, typer.Option("--property", help="What is learned.")],
    out: Annotated[Path, typer.Option(help="File of the model to write; it ends in .pt.")],
    ion: Ion = "auto",
    members: Annotated[int, typer.Option(help="Networks of the ensemble.")] = 5,
    epochs: Annotated[int, typer.Option(help="Passes over the crystals, at most.")] = 120,
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
    validation: Annotated[float, typer.Option(help="Share that each network leaves out.")] = 0.1,
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
    runner: Runner = None,  # noqa: ARG001 - its callback has it looked at
    as_json: AsJson = False,
) -> None:
    """Learn a property: an ensemble of networks, judged on crystals it has not seen."""
    from augment.advice import caution
    from cathode.settings import Settings
    from cathode.sources.crystals import chosen_ion
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

    ion = chosen_ion(folder, ion)
    # A model to start from has its focus already.
    apart = None if start is not None and focus == "auto" else chosen_focus(focus, ion)
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
        print_training(found)


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
        print_json(answer_as_json(model, found))
    else:
        print_answer(found)


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
        yield tell, lambda words: bar.console.print(f"{words}.", soft_wrap=True, highlight=False)


def _left(began: tuple[float, int], now: "Progress") -> str:
    """The time left, of the pace so far."""
    import time

    then, done = began
    if now.done <= done or now.done >= now.total:
        return ""
    seconds = (time.monotonic() - then) / (now.done - done) * (now.total - now.done)
    return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"  # noqa: PLR2004
