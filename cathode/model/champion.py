"""Which surrogate served a property in a turn, and how well it had done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cathode.model.turn import Turn


@dataclass(frozen=True)
class Champion:
    """The choice of a turn for one property.

    Attributes:
        turn: the turn.
        chosen_at: when it was chosen.
        property: name of the property.
        surrogate: name of the one that served; None where none could.
        replaced: the one it took the property over from; None where it was the same, or none.
        scores: its scores on held-out folds; empty where it has none.
        mean: those of the mean predictor on the same folds; empty where nothing was scored.
        dataset: hash of the measurements it learned from.
        up_to: number of the newest measurement the turn looked at.
    """

    turn: Turn
    chosen_at: datetime
    property: str
    surrogate: str | None
    replaced: str | None
    scores: Mapping[str, float]
    mean: Mapping[str, float]
    dataset: str
    up_to: int
