"""What the study says, in plain words with numbers.

A choice among many looks better on what it was made by than it is. So the number of nodes and of
coupling terms is chosen on the first half of the splits and judged on the second, and l and noise
of the additive model are chosen inside each training part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.studies.additive.models import ChosenInside, Linear, SmallNetwork
from flows.studies.additive.study import NEAR_LINEAR, Study, choosing
from flows.studies.digits import digits
from flows.studies.statistics import Paired

MOST_NAMED = 5
"""Features that a sentence names, beside the last."""

MANY = 2
"""Errors of more than this many times another are told as times, not as a share."""

WORDS = {
    "nonlinearity": (
        "Nonlinearity helps, beyond the spread",
        "Nonlinearity does harm, beyond the spread",
        "Whether nonlinearity helps cannot be told from the spread",
    ),
    "nonlinearity as published": (
        "Judged as published, by test parts that chose l and noise, it helps",
        "Judged as published, by test parts that chose l and noise, it does harm",
        "Judged as published, by test parts that chose l and noise, it cannot be told either",
    ),
    "network": (
        "A network is better than linear regression, beyond the spread",
        "A network is worse than linear regression, beyond the spread",
        "Whether a network is better than linear regression cannot be told from the spread",
    ),
    "additive or network": (
        "The additive model is better than the network, beyond the spread",
        "The additive model is worse than the network, beyond the spread",
        "Which of additive model and network is better cannot be told from the spread",
    ),
    "coupling": (
        "Coupling helps, beyond the spread",
        "Coupling does harm, beyond the spread",
        "Whether coupling helps cannot be told from the spread",
    ),
}
"""What is said where a model is better, worse, or neither."""


@dataclass(frozen=True)
class Comparison:
    """One question and its answer.

    Attributes:
        question: in one word.
        model: the model that is judged.
        baseline: what it is compared with.
        own: its mean test RMSE over the splits that judge.
        other: that of the baseline.
        paired: the difference, split by split.
        sentence: all of it in words.
    """

    question: str
    model: str
    baseline: str
    own: float
    other: float
    paired: Paired
    sentence: str


def comparisons(study: Study) -> list[Comparison]:
    """Nonlinearity, coupling and networks, each against what lacks it."""
    linear, additive = Linear().name, ChosenInside.name
    every = np.arange(len(study.splits))
    first = choosing(len(study.splits))
    second = every[len(first) :]
    network = _best(study, [SmallNetwork(n).name for n in study.settings.nodes], first)
    found = [
        _compared(study, "nonlinearity", additive, linear, every),
        _compared(study, "nonlinearity as published", study.uncoupled.name, linear, every),
        _compared(study, "network", network, linear, second),
        _compared(study, "additive or network", additive, network, second),
    ]
    if study.rescanned is not None:
        terms = [*study.terms[1:], study.rescanned]
        chosen = _best(study, [model.name for model in terms], first)
        found.append(_compared(study, "coupling", chosen, study.uncoupled.name, second))
    return found


def magnitudes(study: Study, model: str) -> NDArray[np.float64]:
    """var(f_n)^1/2 of the features in the target's unit, shape (splits, features)."""
    units = np.array([np.std(study.data.y[split.train]) for split in study.splits])
    each = study.values(model, "magnitudes")[:, : len(study.data.features)]
    return np.asarray(each * units[:, None])


def feature_rows(study: Study) -> list[dict[str, Any]]:
    """Features in the order of decaying magnitude at the optimum, with the near-linear ones."""
    best, straight = (magnitudes(study, m) for m in (study.uncoupled.name, NEAR_LINEAR.name))
    order = np.argsort(-best.mean(axis=0), kind="stable")
    return [
        {
            "feature": study.data.features[i],
            "magnitude": float(best[:, i].mean()),
            "sd": float(best[:, i].std()),
            "near_linear": float(straight[:, i].mean()),
            "near_linear_sd": float(straight[:, i].std()),
        }
        for i in order
    ]


def feature_sentence(rows: Sequence[dict[str, Any]]) -> str:
    """The order of the features in words."""

    def named(key: str) -> str:
        ranked = sorted(rows, key=lambda row: -row[key])
        first, rest = ranked[:MOST_NAMED], ranked[MOST_NAMED:]
        text = ", ".join(f"{row['feature']} ({digits(row[key])})" for row in first)
        return text + (f", last {rest[-1]['feature']} ({digits(rest[-1][key])})" if rest else "")

    return (
        f"Features by magnitude at the optimum: {named('magnitude')}. "
        f"Near-linear: {named('near_linear')}."
    )


def _best(study: Study, models: Sequence[str], splits: NDArray[np.intp]) -> str:
    """The model of the least median error: a network that fails in one split is no worse for it."""
    medians = [np.median(study.values(model, "test_rmse")[splits]) for model in models]
    return models[int(np.argmin(medians))]


def _compared(
    study: Study, question: str, model: str, baseline: str, splits: NDArray[np.intp]
) -> Comparison:
    own, other = (study.values(name, "test_rmse")[splits] for name in (model, baseline))
    ratio = float(np.mean([len(s.test) / len(s.train) for s in study.splits]))
    paired = Paired.of(own, other, ratio)
    means = (float(own.mean()), float(other.mean()))
    sentence = _sentence(question, model, baseline, means, paired)
    return Comparison(question, model, baseline, *means, paired, sentence)


def _sentence(
    question: str, model: str, baseline: str, means: tuple[float, float], paired: Paired
) -> str:
    better, worse, unknown = WORDS[question]
    claim = (better if paired.gain > 0 else worse) if paired.decided else unknown
    side = "lower" if paired.gain > 0 else "higher"
    own, other = means
    share = ""  # of nothing there is none
    if other > 0:
        times = f" ({digits(own / other)} times as high)"
        percent = f" ({digits(100 * abs(paired.gain) / other)} %)"
        share = times if own > MANY * other else percent
    return (
        f"{claim}: test RMSE {digits(own)} ({model}) against {digits(other)} "
        f"({baseline}), {side} by {digits(abs(paired.gain))} ± {digits(paired.error)}"
        f"{share}, and lower in {paired.lower} of {paired.n} splits."
    )
