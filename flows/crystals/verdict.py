"""Whether a model is better than its baselines, as far as test crystals can tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cathode.model import Prediction
from flows.studies.digits import digits
from flows.studies.statistics import Paired

Values = NDArray[np.float64]

CALLED = {"linear": "the ridge on element fractions", "mean": "the mean"}
"""What a sentence calls the baselines."""


FEW = 20
"""Groups of test crystals below which a comparison may be luck in spite of its statistics."""


def compared(y: Values, own: Values, other: Values, groups: Sequence[str]) -> dict[str, Any]:
    """How much lower absolute errors are than those of another model on the same crystals.

    Crystals of a group err alike, so that each group counts once for the standard error: that of
    the mean over crystals, of sums over groups.

    Args:
        y: true values, shape (n,).
        own: predictions, shape (n,).
        other: those of the other model, shape (n,).
        groups: what each crystal is of, such as its framework.

    Returns:
        Ready for JSON: ``mae_lower_by`` and its standard ``error`` in the property's unit, the
        number of ``crystals`` and ``groups``, and whether it is ``decided``: whether a 95 %
        interval of Student's t leaves zero out. Of one group there is no error.
    """
    gains = np.abs(y - other) - np.abs(y - own)
    kinds, of = np.unique(np.array(groups), return_inverse=True)
    gain, number = float(gains.mean()), len(kinds)
    found: dict[str, Any] = {"mae_lower_by": gain, "error": None, "decided": False}
    if number > 1:
        sums = np.bincount(of, gains - gain).astype(np.float64)
        paired = Paired.of(np.zeros(number), gain + number / len(y) * sums, 0.0)
        found |= {"error": paired.error, "decided": paired.decided}
    return {**found, "crystals": len(y), "groups": number}


def comparisons(
    y: Values, own: Prediction, others: Mapping[str, Prediction], groups: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The same against each of the baselines, by name."""
    return {name: compared(y, own.mean, each.mean, groups) for name, each in sorted(others.items())}


def verdict(found: Mapping[str, Mapping[str, Any]], unit: str) -> str:
    """One sentence on all comparisons.

    Args:
        found: as :func:`comparisons` gives them.
        unit: of the property.
    """
    names = [name for name in CALLED if name in found]
    worse = [n for n in names if found[n]["decided"] and found[n]["mae_lower_by"] < 0]
    unsure = [n for n in names if not found[n]["decided"]]
    first = "Worse than" if worse else "Not shown to be better than" if unsure else "Better than"
    against = " and ".join(CALLED[name] for name in worse or unsure or names)
    parts = ", and ".join(_part(CALLED[name], found[name], unit) for name in names)
    of = found[names[0]]
    few = " So few test crystals tell little." if of["groups"] < FEW else ""
    return (
        f"{first} {against}: the MAE is {parts} (after ± the standard error of paired differences, "
        f"of {of['crystals']} test crystals in {of['groups']} groups).{few}"
    )


def _part(against: str, found: Mapping[str, Any], unit: str) -> str:
    gain, error = found["mae_lower_by"], found["error"]
    spread = "" if error is None else f" ± {digits(error)}"
    by = f"{digits(abs(gain))}{spread} {unit}".rstrip()
    told = "" if found["decided"] else ", which cannot be told from chance"
    return f"{'higher' if gain < 0 else 'lower'} by {by} than that of {against}{told}"
