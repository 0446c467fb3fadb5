"""Why the surrogate that serves a property should not be trusted yet."""

import math
from collections.abc import Sequence

from cathode.evaluation.baselines import BASELINES
from cathode.evaluation.cross_validation import FEWEST_CANDIDATES
from cathode.model import Skill

FEWEST_VALUES = 20
"""With fewer held-out values, scores depend on which they happen to be."""

LEVEL = 80
"""Level (%) of the intervals that are counted."""

CERTAINTY = 0.95
"""Of well calibrated models, the share that raises no doubt."""


def doubts(found: Sequence[Skill]) -> list[str]:
    """What speaks against relying on the champion, each in words; empty where nothing does.

    Args:
        found: the skills of one property measured in a turn; none where nothing was scored.
    """
    if not found:
        return [f"not scored: fewer than {FEWEST_CANDIDATES} candidates are measured"]
    champion = next((skill for skill in found if skill.champion), None)
    if champion is None:
        return ["no surrogate can serve"]
    if not champion.metrics:
        return [f"{champion.surrogate} serves without a score: {champion.error}"]
    crps = {skill.surrogate: skill.metrics.get("crps", math.inf) for skill in found}
    own, mean, n = crps[champion.surrogate], crps["mean"], int(champion.metrics["n"])
    words = []
    if better := [name for name in crps if name not in BASELINES and crps[name] < own]:
        words.append(f"{', '.join(better)} scored better, and could not be fitted to all values")
    if n < FEWEST_VALUES:
        words.append(f"{n} held-out values are fewer than {FEWEST_VALUES}: scores may be luck")
    if own >= mean:
        words.append(f"its CRPS of {own:.4g} is no better than the mean predictor's {mean:.4g}")
    elif (line := crps.get("linear", math.inf)) < own:
        words.append(
            f"a straight line does better, with a CRPS of {line:.4g} against {own:.4g}; baselines "
            "never serve, a surrogate {kind: gp, kernel: linear} may"
        )
    inside = round(n * champion.metrics[f"coverage_{LEVEL}"] / 100)
    low, high = allowed_inside(n, LEVEL)
    if not low <= inside <= high:
        amiss = "small" if inside < low else "large"
        words.append(
            f"{inside} of {n} held-out values lie in its {LEVEL} % intervals, {low} to {high} are "
            f"expected: its uncertainties are too {amiss}"
        )
    return words


def allowed_inside(n: int, level: float) -> tuple[int, int]:
    """How many of n values lie inside intervals of a level (%) if these are calibrated.

    Fewest and most of the central 95 % of the binomial distribution, values being independent.
    """
    from scipy.stats import binom  # loading it takes longer than most commands

    low, high = binom.interval(CERTAINTY, n, level / 100)
    return int(low), int(high)
