"""Answer "which row next?" for tables that come as JSON."""

from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from cathode.errors import SourceError
from cathode.sources.numeric_table import averaged
from cathode.space import PoolSpace
from cathode.spec.base import Spec
from flows.backtesting import Strategy, next_row


class Question(Spec):
    """A table, what was tested of it, and what is wanted."""

    columns: tuple[str, ...] = Field(min_length=1, description="names of the numbers in a row")
    rows: tuple[tuple[float, ...], ...] = Field(min_length=1, description="all that may be tested")
    observed: tuple[int, ...] = Field((), description="row numbers tested so far, from 0")
    values: tuple[float, ...] = Field((), description="what was measured at them")
    goal: Literal["max", "min"] = "max"
    seed: int = Field(0, ge=0, description="the same question and seed give the same answer")


def read_question(text: str) -> Question:
    """Read and check a question.

    Raises:
        SourceError: it is no JSON, or says something that cannot be.
    """
    try:
        question = Question.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f"{place}: " if place else ""
        raise SourceError(f"{where}{first['msg'].removeprefix('Value error, ')}") from error
    if twice := [name for name in question.columns if question.columns.count(name) > 1]:
        msg = f"column {twice[0]!r} is named twice: give each a name of its own"
        raise SourceError(msg)
    for i, row in enumerate(question.rows):
        if len(row) != len(question.columns):
            msg = f"rows.{i} has {len(row)} numbers for {len(question.columns)} columns: mend it"
            raise SourceError(msg)
    if len(question.observed) != len(question.values):
        msg = f"{len(question.observed)} rows observed with {len(question.values)} values: "
        raise SourceError(msg + "give one value for each")
    for row in question.observed:
        if not 0 <= row < len(question.rows):
            msg = f"observed row {row}: rows are numbered from 0 to {len(question.rows) - 1}"
            raise SourceError(msg)
    return question


def answer(question: Question, strategy: Strategy) -> tuple[int, str | None]:
    """The number of the row to test next, and why a design chose it, None where none had to.

    Rows that are equal count as one; when all different rows were tested, a repeat is next.

    Raises:
        SourceError: every row was tested.
    """
    untested = sorted(set(range(len(question.rows))) - set(question.observed))
    if not untested:
        msg = f"all {len(question.rows)} rows were tested: there is nothing left to suggest"
        raise SourceError(msg)
    X = np.array(question.rows, dtype=float)
    distinct, _, _ = averaged(X, np.zeros(len(X)))
    number = {tuple(row): i for i, row in enumerate(distinct.tolist())}
    place = [number[tuple(row)] for row in X.tolist()]
    observed = [place[row] for row in question.observed]
    if len(set(observed)) == len(distinct):
        return untested[0], None
    space = PoolSpace.of_rows(question.columns, distinct)
    chosen, fault = next_row(
        space, observed, question.values, question.goal, question.seed, strategy
    )
    return place.index(chosen), fault
