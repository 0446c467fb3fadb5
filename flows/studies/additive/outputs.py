"""What a study leaves in its folder: pictures, a page, a JSON file and a CSV of every split."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cathode
from cathode.report.figures.canvas import data_uri, png
from flows.studies.additive.figures import (
    coupling_figure,
    errors_figure,
    functions_figure,
    scan_figure,
)
from flows.studies.additive.network import EPOCHS
from flows.studies.additive.study import NEAR_LINEAR, Study
from flows.studies.digits import digits, share
from flows.studies.outputs import pages, write_files

PAGE, SUMMARY, SPLITS = "index.html", "study.json", "splits.csv"

TABLES = (
    ("RMSE", "rmse", digits),
    ("R²", "r2", share),
    ("Square of the correlation", "correlation_squared", share),
)

COLUMNS = (
    *(f"{part}_{score}" for score in ("rmse", "r2", "r") for part in ("train", "test")),
    "lengthscale",
    "noise",
    "epochs",
    "stop",
)
"""What the CSV gives of each model and split, where there is such a thing."""


def write_outputs(study: Study, summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write all of it; each file appears whole or not at all.

    Args:
        study: a finished study.
        summary: of it.
        folder: where to.

    Returns:
        The files.
    """
    pictures = {
        "errors": png(errors_figure(study)),
        "scan": png(scan_figure(study.surface)),
        "near_linear": png(functions_figure(study, NEAR_LINEAR)),
        "optimum": png(functions_figure(study, study.uncoupled)),
        "coupling": png(coupling_figure(study)),
    }
    content = {f"{name}.png": picture for name, picture in pictures.items()}
    content[SPLITS] = _csv(study).encode()
    content[SUMMARY] = (json.dumps(summary, indent=2, allow_nan=False) + "\n").encode()
    content[PAGE] = _page(summary, pictures).encode()
    return write_files(folder, content)


def _csv(study: Study) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "split", "train_rows", "test_rows", *COLUMNS])
    for model in study.models:
        for number, found in enumerate(study.results[model.name]):
            split = study.splits[number]
            sizes = (len(split.train), len(split.test))
            writer.writerow([model.name, number, *sizes, *(found.get(c, "") for c in COLUMNS)])
    return text.getvalue()


def _page(summary: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    return (
        pages("additive")
        .get_template("page.html.j2")
        .render(
            s=summary,
            tables=TABLES,
            epochs=EPOCHS,
            pictures={name: data_uri(picture) for name, picture in pictures.items()},
            version=cathode.__version__,
            made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )
