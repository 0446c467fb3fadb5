"""Run ``cathode`` and die by SIGKILL at one line of it.

Usage: ``python -m tests.flows.killed TURN STEP WHEN run SPEC``. STEP is a step of the turn, and
WHEN is before its transaction, inside (all written, nothing committed) or after it; or STEP is
``track``, and the process dies with the turn half logged to MLflow.
"""

import os
import signal
import sys
from contextlib import contextmanager


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_commit(turn: int, step: str, when: str) -> None:
    from cathode.loop import Loop

    original = Loop.commit

    @contextmanager
    def commit(self, at, name, result, started):
        here = (at.number, name) == (turn, step)
        if here and when == "before":
            die()
        with original(self, at, name, result, started) as connection:
            yield connection
            if here and when == "inside":
                die()
        if here and when == "after":
            die()

    Loop.commit = commit


def die_in_tracking(turn: int) -> None:
    from flows.experiment import Tracker

    original = Tracker.log_metrics

    def log_metrics(self, run, metrics, record):
        original(self, run, metrics, record)
        if record.turn.number == turn:
            die()

    Tracker.log_metrics = log_metrics


if __name__ == "__main__":
    turn, step, when, *arguments = sys.argv[1:]
    sys.argv = ["cathode", *arguments]
    if step == "track":
        # Before MLflow is imported it needs its settings.
        from cathode.settings import Settings
        from flows.environment import prepare

        prepare(Settings.from_environment())
        die_in_tracking(int(turn))
    else:
        die_in_commit(int(turn), step, when)
    from flows.cli.app import main

    main()
    sys.exit("the moment to die never came")
