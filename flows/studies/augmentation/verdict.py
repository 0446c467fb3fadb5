"""What the study says of the paper's claim, in plain words with numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import binom

from flows.studies.augmentation.baselines import LINEAR
from flows.studies.augmentation.settings import BASELINE, PLAIN
from flows.studies.digits import digits

RECOMMENDED = "anisotropic-5"
"""What the paper recommends."""

CLAIM = "that scaling a cell anisotropically by up to ±5 % of its volume improves predictions"

CHANCE = 0.05
"""Of a comparison to be called one where there is nothing."""


def row_of(place: Mapping[str, Any], method: str) -> Mapping[str, Any] | None:
    """The statistics of a method; None where it was not compared."""
    return next((row for row in place["methods"] if row["method"] == method), None)


def sentences(places: Sequence[Mapping[str, Any]], methods: Sequence[str]) -> list[str]:
    """The claim, how often each method is better, then each property and kind of split.

    Args:
        places: properties with kinds of splits, as the summary has them.
        methods: those that were compared.
    """
    judged = [name for name in methods if name not in (BASELINE, PLAIN)]
    found = [_claim(places)] if RECOMMENDED in judged else []
    others = [name for name in judged if name != RECOMMENDED]
    found += [_counted(places, name) for name in others if len(places) > 1]
    for place in places:
        if judged:
            method = RECOMMENDED if RECOMMENDED in judged else judged[0]
            found.append(_compared(place, method))
        if len(judged) > 1:
            found.append(_best(place))
        found.append(_network(place))
    return found


def multiplicity(places: Sequence[Mapping[str, Any]]) -> str | None:
    """What many comparisons do by chance; None where there are few."""
    paired = [r["paired"] for place in places for r in place["methods"] if r["network"]]
    number = len([each for each in paired if each is not None])
    by_chance = CHANCE * number
    if by_chance < 1:
        return None
    return (
        f"of {number} comparisons, each at a level of 95 %, some {by_chance:.0f} are beyond the "
        "spread by chance where nothing differs"
    )


def _where(place: Mapping[str, Any]) -> str:
    return f"{place['property']}, {place['split']} split"


def _measured(place: Mapping[str, Any], row: Mapping[str, Any], against: str, other: float) -> str:
    """How the MAE differs, in words."""
    paired, unit = row["paired"], place["unit"]
    own = row["mae"]["mean"]
    gain = other - own
    side = "lowers" if gain > 0 else "raises"
    by = digits(abs(gain))
    spread = f" ± {digits(paired['error'])}" if paired is not None else ""
    return (
        f"{row['method']} {side} the MAE by {by}{spread} {unit} against {against} "
        f"({digits(own)} against {digits(other)} {unit}"
    )


def _told(row: Mapping[str, Any]) -> str:
    paired = row["paired"]
    if paired is None:
        return "one replicate has no spread to tell it from"
    replicates = f"of {paired['n']} replicates"
    if not paired["decided"]:
        return f"this cannot be told from the spread {replicates}"
    return f"this is beyond the spread {replicates}"


def _compared(place: Mapping[str, Any], method: str) -> str:
    row, base = row_of(place, method), row_of(place, BASELINE)
    assert row is not None  # noqa: S101 - it was compared
    assert base is not None  # noqa: S101 - it always is
    text = _measured(place, row, BASELINE, base["mae"]["mean"])
    if row["improvement_percent"] is not None:
        text += f"; MAD/MAE {row['improvement_percent']:+.1f} %"
    if row["published_improvement_percent"] is not None:
        text += f", published {row['published_improvement_percent']:+.1f} %"
    return f"{_where(place)}: {text}): {_told(row)}."


def _best(place: Mapping[str, Any]) -> str:
    rows = [row for row in place["methods"] if row["network"]]
    best = min(rows, key=lambda row: float(row["mae"]["mean"]))
    text = f"{_where(place)}: of {len(rows)} methods {best['method']} has the least MAE"
    if best["method"] == BASELINE:
        return f"{text}: no augmentation is better on average."
    return f"{text}, chosen by the test parts themselves; against {BASELINE} {_told(best)}."


def _network(place: Mapping[str, Any]) -> str:
    base, linear = row_of(place, BASELINE), row_of(place, LINEAR)
    assert base is not None  # noqa: S101 - it always is
    assert linear is not None  # noqa: S101 - it always is
    own, other = base["mae"]["mean"], linear["mae"]["mean"]
    paired = linear["paired"]
    spread = f" ± {digits(paired['error'])}" if paired is not None else ""
    side = "lower" if own < other else "higher"
    return (
        f"{_where(place)}: the network with {BASELINE} has an MAE of {digits(own)} "
        f"{place['unit']}, a linear model of the composition {digits(other)}: {side} by "
        f"{digits(abs(own - other))}{spread}; {_told(linear)}."
    )


def _counts(places: Sequence[Mapping[str, Any]], method: str) -> tuple[int, int, int]:
    """Places where a method is better, worse, and neither."""
    better = worse = 0
    for place in places:
        row = row_of(place, method)
        paired = row["paired"] if row is not None else None
        if paired is not None and paired["decided"]:
            better += paired["gain"] > 0
            worse += paired["gain"] < 0
    return better, worse, len(places) - better - worse


def _claim(places: Sequence[Mapping[str, Any]]) -> str:
    better, worse, unknown = _counts(places, RECOMMENDED)
    good, bad = (_more_than_chance(number, len(places)) for number in (better, worse))
    if good and not bad:
        answer = "These data bear it out" + ("" if better == len(places) else " in part")
    elif bad and not good:
        answer = "These data speak against it"
    else:
        answer = "These data neither bear it out nor speak against it"
    return (
        f"The paper claims {CLAIM} against {BASELINE}. {answer}: {_tally(better, worse, unknown)}."
    )


def _more_than_chance(number: int, total: int) -> bool:
    """Whether so many of all comparisons are beyond the spread on one side as chance hardly makes.

    Taken as independent, which comparisons of one property are not quite.
    """
    return number > 0 and bool(binom.sf(number - 1, total, CHANCE / 2) < CHANCE)


def _counted(places: Sequence[Mapping[str, Any]], method: str) -> str:
    return f"{method} against {BASELINE}: {_tally(*_counts(places, method))}."


def _tally(better: int, worse: int, unknown: int) -> str:
    total = better + worse + unknown
    return (
        f"of {total} {'comparison' if total == 1 else 'comparisons'} (a property and a kind of "
        f"split) it is better beyond the spread in {better}, worse in {worse}, and cannot be told "
        f"from the spread in {unknown}"
    )
