"""Flows of what the command line does, too: backtests and studies, with their pictures."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from cathode.errors import SourceError
from cathode.lab.conditions import SHORT, checked_text
from cathode.lab.form import Form, text_box
from cathode.lab.problems import read_form
from cathode.report.figures.canvas import data_uri
from cathode.settings import Settings
from flows.lab.answers import Answer, answered, points, table
from flows.lab.results import plain

LARGEST_PICTURE = 300_000
"""Bytes of a picture that a page holds; the server keeps pages in its database."""


class BacktestForm(Form):
    """How much faster than chance strategies find the best rows of a known table."""

    table: str = text_box("Table", "Name of a CSV file in the inbox.", owed=True)
    target: str = text_box("Target", "Column to bring to its best.", owed=True)
    goal: Literal["max", "min"] = Field("max", title="Goal")
    seeds: int = Field(8, title="Seeds", description="Replays of each strategy.", ge=1, le=1000)


class StudyForm(Form):
    """A study of the seed papers on data of one's own."""

    study: Literal["additive", "augmentation"] = Field("additive", title="Study")
    data: str = text_box(
        "Data",
        "Name of a table in the inbox; for augmentation, of a folder of crystals.",
        owed=True,
    )
    target: str = text_box("Target", "Column (additive), or properties (augmentation).")
    profile: Literal["quick", "paper"] = Field(
        "quick", title="Profile", description="Of augmentation; paper is meant for a GPU."
    )


@flow(name="backtest", validate_parameters=False, persist_result=False)
def run_backtest(backtest: BacktestForm) -> State:
    """Replay strategies on a table whose answers are known.

    Args:
        backtest: the table, and what is sought in it.
    """

    def work() -> Answer:
        form = read_form(BacktestForm, plain(backtest))
        asked = [_in_inbox(form.table), f"--target={form.target}", f"--goal={form.goal}"]
        found = command("backtest", *asked, f"--seeds={form.seeds}")
        return _compared(found)

    return answered("backtest", work)


@flow(name="study", validate_parameters=False, persist_result=False)
def run_study(study: StudyForm) -> State:
    """Repeat a study of the seed papers; what is kept of an earlier run is not done again.

    Args:
        study: which one, and on what.
    """

    def work() -> Answer:
        form = read_form(StudyForm, plain(study))
        place = _in_inbox(form.data)
        if form.study == "additive":
            return _told(command("study", "additive", place, f"--target={form.target}"))
        asked = [f"--data={place}", f"--profile={form.profile}"]
        asked += [f"--properties={form.target}"] if form.target else []
        return _told(command("study", "augmentation", *asked))

    return answered("study", work)


def command(*arguments: str) -> dict[str, Any]:
    """What a command of ``cathode`` reports as JSON.

    Raises:
        SourceError: it refused; its sentence.
    """
    line = [sys.executable, "-c", "from flows.cli.app import main; main()", *arguments, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = {"error": (done.stderr.strip().splitlines() or ["it left no word"])[-1]}
    if done.returncode != 0 or "error" in found:
        raise SourceError(str(found.get("error", done.stderr.strip())))
    return dict(found)


def _in_inbox(name: str) -> str:
    """The path of what is named in the inbox.

    Raises:
        SourceError: there is no such thing.
    """
    inbox = Settings.from_environment().inbox
    place = (inbox / checked_text("Table", name, SHORT)).resolve()
    if not (place.is_relative_to(inbox.resolve()) and place.exists() and place != inbox.resolve()):
        msg = f"there is no {name.strip()!r} in the inbox: put it into {inbox}"
        raise SourceError(msg)
    return str(place)


def _compared(found: Mapping[str, Any]) -> Answer:
    rows = found["strategies"]
    headings = list(rows[0])
    cells = [[_short(row[key]) for key in headings] for row in rows]
    parts = [table(headings, cells), _picture(Path(found["picture"]))]
    return Answer(f"{found['target']} of {Path(found['table']).name}", "\n\n".join(parts))


def _told(found: Mapping[str, Any]) -> Answer:
    files = [Path(name) for name in found.get("files", [])]
    pictures = [_picture(file) for file in files if file.suffix == ".png"]
    sentences: Sequence[str] = found.get("sentences", [])
    parts = [points(sentences), points(f"{file}" for file in files), *pictures]
    return Answer("The study is finished", "\n\n".join(filter(None, parts)))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _picture(file: Path) -> str:
    """A picture for a page; one that is too large is named."""
    content = file.read_bytes()
    if len(content) > LARGEST_PICTURE:
        return points([f"{file} (a picture of {len(content) / 1e6:.1f} MB)"])
    return f"![{file.stem}]({data_uri(content)})"
