"""What is written beside a model: pictures, and a table of predictions."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from cathode.evaluation.metrics import SHOWN, reach
from cathode.files import whole_file
from cathode.model import HeldOut, Prediction, Property
from cathode.report.figures.calibration import draw_calibration
from cathode.report.figures.canvas import blank, png
from cathode.report.figures.parity import draw_parity
from flows.crystals.parts import ENDING


def write_pictures(model: Path, prop: Property, held_out: HeldOut) -> list[Path]:
    """Draw the test part as ``MODEL.parity.png`` and ``MODEL.calibration.png``."""
    drawn: list[tuple[str, Figure]] = []
    figure, (ax,) = blank(size=(4.3, 4.4), fitted=True)
    draw_parity(ax, prop, held_out, ())
    drawn.append(("parity", figure))
    figure, (ax,) = blank(fitted=True)
    draw_calibration(ax, held_out)
    drawn.append(("calibration", figure))
    files = []
    for name, each in drawn:
        file = beside(model, f"{name}.png")
        with whole_file(file) as out:
            out.write(png(each))
        files.append(file)
    return files


def beside(model: Path, ending: str) -> Path:
    """A file whose name is that of the model but for its ending."""
    return model.with_name(f"{model.name.removesuffix(ENDING)}.{ending}")


def write_predictions(
    file: Path,
    prop: Property,
    names: Sequence[str],
    prediction: Prediction,
    *,
    intervals: bool,
    measured: Sequence[float] | None = None,
) -> Path:
    """A row per crystal: id, value, its interval, and what was measured, where that is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    unit = f" ({prop.unit})" if prop.unit else ""
    known = [f"{prop.name}{unit}"]
    if intervals:
        known += [f"{word} of {SHOWN} %{unit}" for word in ("low", "high")]
    writer.writerow(["id", *known, *([f"measured{unit}"] if measured is not None else [])])
    for row, name in enumerate(names):
        mean, far = prediction.mean[row], reach(SHOWN) * prediction.sigma[row]
        cells = [mean, mean - far, mean + far] if intervals else [mean]
        cells += [] if measured is None else [measured[row]]
        writer.writerow([name, *(f"{cell:.6g}" for cell in cells)])
    with whole_file(file) as out:
        out.write(text.getvalue().encode())
    return file
