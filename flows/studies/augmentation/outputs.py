"""What a study leaves in its folder: pictures, a page, a JSON file and CSVs."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cathode
from cathode.report.figures.canvas import data_uri, png
from flows.studies.augmentation.figures import (
    curves_figure,
    improvement_figure,
    parity_figure,
)
from flows.studies.augmentation.scores import SCORES, replicate_scores
from flows.studies.augmentation.study import Study
from flows.studies.outputs import pages, write_files

PAGE, SUMMARY, REPLICATES = "index.html", "study.json", "results.csv"
PREDICTIONS = "predictions.csv"

OF_TRAINING = ("validation_mae", "best_epoch", "epochs", "crystals", "seconds", "device")
"""What the CSV gives of each training; the baselines have none of it."""


def write_outputs(study: Study, summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write all of it; each file appears whole or not at all.

    Args:
        study: a finished study.
        summary: of it.
        folder: where to.

    Returns:
        The files.
    """
    pictures = {"learning_curves": png(curves_figure(study))}
    if len(summary["methods"]) > 1:
        pictures = {"improvement": png(improvement_figure(summary))} | pictures
    for place in summary["places"]:
        name = f"parity-{place['property']}-{place['split']}"
        pictures[name] = png(parity_figure(study, place))
    # A property of a CGCNN folder may be called anything.
    content = {re.sub(r"[/\\]", "-", f"{n}.png"): picture for n, picture in pictures.items()}
    content[REPLICATES] = _csv(_replicates(study)).encode()
    content[PREDICTIONS] = _csv(_predictions(study)).encode()
    content[SUMMARY] = (json.dumps(summary, indent=2, allow_nan=False) + "\n").encode()
    content[PAGE] = _page(summary, pictures).encode()
    return write_files(folder, content)


def _replicates(study: Study) -> Iterable[list[Any]]:
    """A row per property, split, method and replicate."""
    first = ["property", "split", "method", "replicate", "train", "validation", "test"]
    yield [*first, *SCORES, *OF_TRAINING]
    for place in study.places:
        for method, results in study.results[place].items():
            for r, each in enumerate(replicate_scores(study, place, method)):
                parts = study.parts[place][r]
                sizes = [len(parts.train), len(parts.validation), len(parts.test)]
                told = [results[r].get(key, "") for key in OF_TRAINING]
                yield [*place, method, r + 1, *sizes, *(each[key] for key in SCORES), *told]


def _predictions(study: Study) -> Iterable[list[Any]]:
    """A row per test crystal, method and replicate."""
    table = study.data.table
    yield [
        "property", "split", "replicate", "crystal", "framework", "ion", "method", "true",
        "predicted",
    ]  # fmt: skip
    for place in study.places:
        for r, parts in enumerate(study.parts[place]):
            truth = study.truth(place, r).tolist()
            for method, results in study.results[place].items():
                for i, true, predicted in zip(
                    parts.test, truth, results[r]["predictions"], strict=True
                ):
                    crystal = [table.names[i], table.frameworks[i], table.ions[i] or ""]
                    yield [*place, r + 1, *crystal, method, true, predicted]


def _csv(rows: Iterable[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _page(summary: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    return (
        pages("augmentation")
        .get_template("page.html.j2")
        .render(
            s=summary,
            pictures={name: data_uri(picture) for name, picture in pictures.items()},
            version=cathode.__version__,
            made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )
