"""``cathode suggest``: which row of a table to test next."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.backtesting import Strategy


def suggest(
    stream: Annotated[
        bool,
        typer.Option("--stream", help="Answer one JSON line after another until the input ends."),
    ] = False,
) -> None:
    """Read {"columns", "rows", "observed", "values", "goal", "seed"}, print {"index": k}."""
    from cathode.spec import BayesianSpec, GPSpec
    from flows.backtesting import Strategy

    strategy = Strategy(BayesianSpec(), GPSpec(kind="gp"))
    for text in _questions(sys.stdin, stream=stream):
        sys.stdout.write(_answered(text, strategy, stream=stream) + "\n")
        sys.stdout.flush()


def _questions(lines: Iterable[str], *, stream: bool) -> Iterator[str]:
    if stream:
        yield from (line for line in lines if line.strip())
    else:
        yield "".join(lines)


def _answered(text: str, strategy: "Strategy", *, stream: bool) -> str:
    """The answer as JSON; in a stream, a question that cannot be answered does not end it."""
    from cathode.errors import CathodeError
    from flows.suggesting import answer, read_question

    try:
        index, fault = answer(read_question(text), strategy)
    except CathodeError as error:
        if not stream:
            raise
        return json.dumps({"error": str(error)})
    if fault is not None:
        sys.stderr.write(f"a Sobol design chose row {index}: {fault}\n")
    return json.dumps({"index": index})
