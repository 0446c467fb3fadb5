"""BayBE on a table: a campaign over the discrete space of its rows, everything else its default.

``SubspaceDiscrete.from_dataframe`` takes the rows as they are, which is what BayBE's user guide
recommends for a fixed set of configurations; measured rows are not recommended again. The default
recommender is Bayesian from the first measurement on. The campaign lives on from turn to turn,
since adding measurements takes it long.
"""

import pandas as pd
from baybe import Campaign
from baybe.searchspace import SubspaceDiscrete
from baybe.settings import Settings
from baybe.targets import NumericalTarget

from benchmarks.peers.protocol import Growing, Question, serve

TARGET = "y"


def frame(question: Question) -> pd.DataFrame:
    """The rows as BayBE's experimental representation; the index is the row number."""
    return pd.DataFrame(question.X, columns=[f"x{i}" for i in range(question.X.shape[1])])


def new_campaign(question: Question) -> Campaign:
    """A campaign over the rows."""
    return Campaign(
        SubspaceDiscrete.from_dataframe(frame(question)),
        NumericalTarget(TARGET, minimize=question.goal == "min").to_objective(),
        allow_recommending_already_measured=False,
    )


def add(campaign: Campaign, question: Question, rows: list[int], values: list[float]) -> None:
    """Tell the campaign what was measured."""
    campaign.add_measurements(frame(question).iloc[rows].assign(**{TARGET: values}))


if __name__ == "__main__":
    growing = Growing(new_campaign, add)

    def suggest(question: Question) -> int:
        """The row recommended."""
        with Settings(random_seed=question.turn_seed):
            return int(growing.at(question).recommend(batch_size=1).index[0])

    serve(suggest)
