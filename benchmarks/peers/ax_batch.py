"""Ax: a batch from a client with a parameter constraint.

``Client`` of 1.3 takes inequalities alone, so the last fraction is what the others leave:
their steps are whole-number ranges that sum to at most the number of steps. Temperature and hours
are ordered choices. So every proposal is in the space as it stands.
"""

import logging
import sys

import numpy as np
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from numpy.typing import NDArray

from benchmarks.peers.mixtures import BATCH, HOURS, OBSERVED, TEMPERATURES, Mixture, measure

logging.disable(logging.INFO)  # Ax tells of every trial; what it warns of is still told


def build(mixture: Mixture) -> Client:
    """The experiment with its observations; they are its initialisation."""
    free = mixture.names[:-1]
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            *(
                RangeParameterConfig(name=name, parameter_type="int", bounds=(0, mixture.steps))
                for name in free
            ),
            *(
                ChoiceParameterConfig(
                    name=name, values=list(values), parameter_type="int", is_ordered=True
                )
                for name, values in (("temperature", TEMPERATURES), ("hours", HOURS))
            ),
        ],
        parameter_constraints=[f"{' + '.join(free)} <= {mixture.steps}"],
    )
    client.configure_optimization("y")
    client.configure_generation_strategy(
        initialization_budget=OBSERVED, initialize_with_center=False
    )
    for row, value in zip(*mixture.observations(), strict=True):
        *counts, _, temperature, hours = map(int, row)
        made = dict(zip(free, counts, strict=True)) | {"temperature": temperature, "hours": hours}
        client.complete_trial(client.attach_trial(made), raw_data={"y": float(value)})
    return client


def suggest(mixture: Mixture, client: Client) -> NDArray[np.float64]:
    """A batch as steps and conditions."""
    proposed: list[dict[str, float]] = []
    while len(proposed) < BATCH:  # the call that ends the initialisation gives one trial only
        proposed += client.get_next_trials(BATCH - len(proposed)).values()
    rows = []
    for point in proposed:
        counts = [point[name] for name in mixture.names[:-1]]
        rows.append([*counts, mixture.steps - sum(counts), point["temperature"], point["hours"]])
    return np.array(rows)


if __name__ == "__main__":
    measure(sys.argv[1], build, suggest)
