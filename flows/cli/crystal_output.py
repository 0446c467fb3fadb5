"""What ``cathode cgcnn`` says of crystals and models."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.cli.output import counted, left_out, results

if TYPE_CHECKING:
    from flows.crystals.predict import Answer


def _say(words: str) -> None:
    """A line as it is: names of files and crystals are no markup."""
    results().print(words, soft_wrap=True, highlight=False, markup=False)


def _say_refused(refused: Mapping[str, str]) -> None:
    for name, reason in refused.items():
        _say(f"{name}: {reason}")


def _say_left_out(reasons: Mapping[str, int]) -> None:
    if reasons:
        total = counted(sum(reasons.values()), "row")
        _say(f"{total} left out: {left_out(reasons)}.")


def print_check(found: Mapping[str, Any]) -> None:
    """A folder's crystals, why others are not among them, and a table of properties."""
    from rich import box
    from rich.table import Table

    from cathode.report.numbers import short

    atoms = found["atoms"]
    cells = f", {atoms['mean']:.1f} atoms on average, {atoms['most']} at most" if atoms else ""
    _say(
        f"{found['folder']}: {counted(found['crystals'], 'crystal')} can be used, of "
        f"{counted(found['frameworks'], 'framework')}{cells}; {len(found['refused'])} cannot"
    )
    _say_refused(found["refused"])
    _say_left_out(found["left_out"])
    for note in found["notes"]:
        _say(f"Note: {note}.")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("property", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for head in ("known of", "mean", "spread", "least", "greatest"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in found["properties"]:
        numbers = [short(row[key]) for key in ("mean", "spread", "least", "greatest")]
        table.add_row(row["property"], row["unit"], str(row["known"]), *numbers)
    results().print(table)


def print_training(found: Mapping[str, Any]) -> None:
    """What was learned from, scores beside those of baselines, a verdict, and files."""
    from rich import box
    from rich.table import Table

    from cathode.evaluation.metrics import LEVELS
    from cathode.report.numbers import short

    parts, asked = found["crystals"], found["asked"]
    unit = f" ({found['unit']})" if found["unit"] else ""
    if refused := len(found["refused"]):
        _say(f"{counted(refused, 'crystal')} could not be used; `cathode cgcnn check` says why.")
    _say_left_out(found["left_out"])
    _say(
        f"Of {parts['learned'] + parts['test']:,} crystals {parts['learned']:,} were learned from, "
        f"with {asked['augmentation'] or 'no'} augmentation; each network left out another "
        f"{parts['left_out_by_each']:,} of them, which told its best epoch and the width of "
        f"intervals; {parts['test']:,} judge:"
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
    names = {"cgcnn": counted(asked["members"], "network"), "linear": "ridge on element fractions"}
    for name, scores in found["scores"].items():
        figures = [short(scores.get(k)) for k in ("mae", "rmse", "mad_over_mae", "r2", "crps")]
        inside = "/".join(f"{scores[f'coverage_{level}']:.0f}" for level in LEVELS)
        table.add_row(names.get(name, name), *figures, inside)
    results().print(table)
    _say(found["verdict"])
    for note in found["notes"]:
        _say(f"Note: {note}.")
    for file in found["files"]:
        _say(file)


def _rows(found: "Answer") -> list[dict[str, Any]]:
    from cathode.evaluation.metrics import SHOWN, reach

    far = reach(SHOWN) * found.prediction.sigma
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(found.names):
        mean = found.prediction.mean[number]
        row: dict[str, Any] = {"id": name, "value": float(mean)}
        if found.intervals:
            row |= {
                "sigma": float(found.prediction.sigma[number]),
                f"low_{SHOWN}": float(mean - far[number]),
                f"high_{SHOWN}": float(mean + far[number]),
            }
        if found.learned is not None:
            row["learned"] = found.learned[number]
        rows.append(row)
    return rows


def answer_as_json(model: Path, found: "Answer") -> dict[str, Any]:
    """Predictions, ready for JSON."""
    return {
        "model": str(model),
        "property": found.prop.name,
        "unit": found.prop.unit,
        "intervals": found.intervals,
        "predictions": _rows(found),
        "refused": found.refused,
        "left_out": found.left_out,
        "learned_from": None if found.learned is None else sum(found.learned),
        "all_learned_from_are_known": found.all_known,
    }


def print_answer(found: "Answer") -> None:
    """A table of predictions, and what speaks against relying on them."""
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
        _say("The model is one network without noise: it gives no intervals.")
    _say(_learned(found))
    _say_left_out(found.left_out)
    if found.refused:
        _say(f"{len(found.refused):,} cannot be predicted:")
        _say_refused(found.refused)


def _learned(found: "Answer") -> str:
    """How many of the crystals the model has learned from."""
    if found.learned is None:
        return "The model does not tell which crystals it has learned from, perhaps from these."
    known, total = sum(found.learned), counted(len(found.learned), "crystal")
    least = "" if found.all_known else "at least "
    if known:
        return f"The model has learned from {least}{known:,} of {total}: there it flatters."
    others = "" if found.all_known else ", as far as is known"
    return f"The model has learned from none of {total}{others}."
