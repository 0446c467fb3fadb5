"""Answers that people read on the page of their run: what was stored, or why nothing was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from cathode.errors import CathodeError
from cathode.report.text import markdown_text

LONGEST_SUMMARY = 200

UNEXPECTED = (
    "Something went wrong that should not, and nothing was stored. Tell whoever runs the platform; "
    "the logs of this run say what it was."
)


@dataclass(frozen=True)
class Answer:
    """What a run answers.

    Attributes:
        title: the answer in a few words; the run's message, too.
        markdown: the rest.
        afterwards: what is left to be done; the answer stands, whatever comes of it.
        summary: what a list of answers shows of it; its title if empty.
    """

    title: str
    markdown: str = ""
    afterwards: Callable[[], object] = lambda: None
    summary: str = ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table; its cells are foreign text."""
    lines = [headings, ["---"] * len(headings)]
    lines += [[markdown_text(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def points(sentences: Iterable[str]) -> str:
    """A list in markdown; its points are foreign text."""
    return "\n".join(f"- {markdown_text(each)}" for each in sentences)


def answered(key: str, work: Callable[[], Answer]) -> State:
    """Do what was asked, and answer on the run's page.

    Args:
        key: of the artifact that holds the answer.
        work: does it, or raises why not.

    Returns:
        The state in which the run ends: failed where nothing was stored.
    """
    try:
        answer = work()
    except CathodeError as error:
        refused = Answer(
            "Not stored", points(str(error).splitlines()), summary=f"Not stored: {error}"
        )
        _publish(key, refused)
        return Failed(message=f"Not stored: {error}")
    except Exception:  # noqa: BLE001 - who fills in a form can do nothing about it
        get_run_logger().exception("unexpected")
        _publish(key, Answer("Not stored", UNEXPECTED))
        return Failed(message=UNEXPECTED)
    _publish(key, answer)
    try:
        answer.afterwards()
    except Exception:  # noqa: BLE001 - what is stored is stored
        get_run_logger().exception("pages of work orders are not up to date")
    return Completed(message=answer.title)


def _publish(key: str, answer: Answer) -> None:
    text = f"## {markdown_text(answer.title)}\n\n{answer.markdown}"
    shown = markdown_text((answer.summary or answer.title)[:LONGEST_SUMMARY])
    create_markdown_artifact(markdown=text, key=key, description=shown)
