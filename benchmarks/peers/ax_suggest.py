"""Ax on a table, in one of two ways (``acquisition`` or ``nearest``).

Ax has no space that is a list of rows. Columns become range parameters, and the two rows that
every method starts with are attached as its initial trials, so that its default strategy (a GP
with log noisy expected improvement) decides from then on. Then either

* ``acquisition``: Ax's fitted acquisition function is evaluated at each untested row and the
  highest is chosen, which is what Ax's maintainers answer in its issue 771; or
* ``nearest``: ``Client.get_next_trials`` proposes a point and the untested row nearest to it, by
  distance in columns scaled to [0, 1], is tested instead: all that the documented Client offers.

The client lives on from turn to turn, since attaching trials takes it long.
"""

import logging
import sys

import numpy as np
import torch
from ax.api.client import Client
from ax.api.configs import RangeParameterConfig
from ax.core.observation import ObservationFeatures

from benchmarks.peers.protocol import Growing, Question, serve

logging.disable(logging.INFO)  # Ax tells of every trial; what it warns of is still told

START = 2


def parameters(question: Question, row: int) -> dict[str, float]:
    """A row as Ax's parameters."""
    return {f"x{i}": float(value) for i, value in enumerate(question.X[row])}


def new_client(question: Question) -> Client:
    """An experiment over the columns' ranges."""
    client = Client(random_seed=question.seed)
    client.configure_experiment(
        [
            RangeParameterConfig(name=f"x{i}", parameter_type="float", bounds=(0.0, 1.0))
            for i in range(question.X.shape[1])
        ]
    )
    client.configure_optimization("y" if question.goal == "max" else "-y")
    client.configure_generation_strategy(initialization_budget=START, initialize_with_center=False)
    return client


def attach(client: Client, question: Question, rows: list[int], values: list[float]) -> None:
    """Tell the client what was measured."""
    for row, value in zip(rows, values, strict=True):
        trial = client.attach_trial(parameters(question, row))
        client.complete_trial(trial, raw_data={"y": value})


def by_acquisition(client: Client, question: Question) -> int:
    """The untested row of highest acquisition."""
    # The client has no public way to its strategy and experiment.
    strategy, experiment = client._generation_strategy, client._experiment  # noqa: SLF001
    torch.manual_seed(question.turn_seed)
    adapter = strategy.fit(experiment)
    untested = question.untested
    points = [ObservationFeatures(parameters(question, row)) for row in untested]
    return untested[int(np.argmax(adapter.evaluate_acquisition_function(points)))]


def by_distance(client: Client, question: Question) -> int:
    """The untested row nearest to the proposed point."""
    ((trial, proposed),) = client.get_next_trials(1).items()
    client.mark_trial_abandoned(trial)
    point = np.array([proposed[f"x{i}"] for i in range(question.X.shape[1])])
    untested = question.untested
    return untested[int(np.linalg.norm(question.X[untested] - point, axis=1).argmin())]


if __name__ == "__main__":
    choose = {"acquisition": by_acquisition, "nearest": by_distance}[sys.argv[1]]
    campaign = Growing(new_client, attach)
    serve(lambda question: choose(campaign.at(question), question))
