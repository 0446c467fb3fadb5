"""A progress bar for a running campaign, read from the ledger by a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cathode.ledger import Ledger
from cathode.model import STEPS
from cathode.spec import CampaignSpec
from flows.cli.output import progress_bar

if TYPE_CHECKING:
    from rich.console import Console

POLL_SECONDS = 0.5


@contextmanager
def showing_progress(ledger: Ledger, spec: CampaignSpec, console: "Console") -> Iterator["Console"]:
    """Show answered candidates, the step at work and the time left.

    A console that is no terminal shows no bar; it gets a line per answer instead.

    Yields:
        A console whose lines appear above the bar.
    """
    bar = progress_bar(console)
    stop = threading.Event()
    with bar:
        shown = bar.add_task("starting", total=_planned(spec))
        watcher = threading.Thread(target=_watch, args=(ledger, spec, bar, shown, stop))
        watcher.start()
        try:
            yield bar.console
        finally:
            stop.set()
            watcher.join()


def _planned(spec: CampaignSpec) -> int:
    """Answers the budget allows."""
    if not spec.cheaper:
        return spec.most_results
    return spec.initial * (1 + len(spec.cheaper)) + spec.budget.turns * spec.batch


def _watch(
    ledger: Ledger, spec: CampaignSpec, bar: object, shown: object, stop: threading.Event
) -> None:
    from rich.progress import Progress, TaskID
    from sqlalchemy import func, select

    from cathode.ledger import turns
    from cathode.ledger.tables import measurements

    assert isinstance(bar, Progress)  # noqa: S101
    said = 0
    counted = "questions at most" if spec.cheaper else "candidates"
    while not stop.wait(POLL_SECONDS):
        with ledger.read() as connection:
            query = (
                select(measurements.c.candidate, measurements.c.evaluator)
                .where(measurements.c.campaign == spec.name)
                .distinct()
            )
            count = select(func.count()).select_from(query.subquery())
            answered = connection.execute(count).scalar_one()
            past = turns.history(connection, spec.name)
        step = "starting"
        if past and past[-1].finished_at is None:
            step = next((s for s in STEPS if s not in past[-1].results), "closing")
        number = past[-1].turn.number if past else 0
        bar.update(TaskID(int(shown)), completed=answered, description=f"turn {number}: {step}")
        if answered != said and not bar.console.is_terminal:
            planned = max(answered, int(bar.tasks[0].total or 0))
            bar.console.print(f"{answered} of {planned} {counted} answered")
            said = answered
