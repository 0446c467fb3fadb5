"""Whether any candidate keeps all rules, and if not, which rules clash."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpaceError
from cathode.space.rules import Affine
from cathode.space.space import Points

if TYPE_CHECKING:
    from cathode.space.search_space import SearchSpace

DRAWS = 1 << 14
"""Random candidates tried before an integer programme is asked."""

PROGRAMMES = 8
"""Programmes solved with random aims, to find candidates far apart."""

FILLINGS = 1 << 12
"""Random settings of the variables tried with each recipe found."""

SECONDS = 20.0
"""Longest time for one integer programme."""


def refuse_empty(space: "SearchSpace") -> Points:
    """Some candidates that keep all rules, shape (n, m), n at least 1.

    Raises:
        SpaceError: there is none, as far as can be found, and which rules are to blame.
    """
    rng = np.random.default_rng(0)
    points = space.drawn(rng.random((DRAWS, space.width)))
    if len(kept := points[space.keeps_rules(points)]):
        return kept
    affine = [rule for rule in space.rules if isinstance(rule, Affine)]
    hosts = range(len(space.prototypes))
    possible = [host for host in hosts if _recipe(space, affine, host, None) is not None]
    if not possible:
        raise SpaceError(_blame(space, affine))
    for _ in range(PROGRAMMES):
        for host in possible:
            recipe = _recipe(space, affine, host, rng)
            if recipe is None:
                continue
            points = space.drawn(rng.random((FILLINGS, space.width)))
            points[:, : len(recipe)] = recipe
            if len(space.prototypes) > 1:
                points[:, len(recipe)] = host
                points[:, len(recipe) :] = space.variables.settled(points[:, len(recipe) :])
            if len(kept := points[space.keeps(points)]):
                return kept
    words = "; ".join(f"{label} alone refuses {share:.4%}" for label, share in refusals(space))
    msg = f"space.constraints: no candidate was found that keeps all of them ({words}): loosen one"
    raise SpaceError(msg)


def refusals(space: "SearchSpace") -> list[tuple[str, float]]:
    """Per rule the share of random candidates that break it, whatever the others say."""
    points = space.drawn(np.random.default_rng(0).random((DRAWS, space.width)))
    quantities = space.quantities(points)
    return [(rule.label, float(1 - rule.holds(quantities).mean())) for rule in space.rules]


def _blame(space: "SearchSpace", affine: list[Affine]) -> str:
    """The smallest set of clashing rules, found by leaving out one after the other."""
    clashing = list(affine)
    for rule in affine:
        fewer = [other for other in clashing if other is not rule]
        if all(_recipe(space, fewer, h, None) is None for h in range(len(space.prototypes))):
            clashing = fewer
    labels = " and ".join(dict.fromkeys(rule.label for rule in clashing))
    verb = "clash" if len(clashing) > 1 else "cannot be kept within the bounds of the sites"
    return f"space.constraints: {labels} {verb}: no candidate keeps them; loosen one, or the bounds"


def _recipe(
    space: "SearchSpace", rules: list[Affine], host: int, rng: np.random.Generator | None
) -> NDArray[np.int64] | None:
    """Counts of all sites that can keep the rules on a host, by integer programming.

    Numeric variables are let run freely within their bounds, rules on variables that need not
    exist are left out: None means that there is surely nothing.

    Args:
        space: the space.
        rules: what has to be kept.
        host: index of the prototype.
        rng: draws a random aim; any recipe will do if None.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    parts = np.concatenate([[site.parts] * len(site.elements) for site in space.sites])
    n, always = len(parts), [v.parent is None for v in space.variables.every]
    q = n + len(always)
    lower = [x for site in space.sites for x in site.walk.lower]
    upper = [x for site in space.sites for x in site.walk.upper]
    numbers = [v.numbers for v in space.variables.every]
    # Unknowns: counts, numbers of variables, whether an element is present.
    low = np.array([*lower, *(x.min() for x in numbers), *([0] * n)], dtype=float)
    high = np.array([*upper, *(x.max() for x in numbers), *([1] * n)], dtype=float)
    rows, least, most = [], [], []

    def ask(row: NDArray[np.float64], smallest: float, greatest: float) -> None:
        rows.append(row)
        least.append(smallest)
        most.append(greatest)

    start = 0
    for site in space.sites:
        whole = np.zeros(q + n)
        whole[start : start + len(site.elements)] = 1
        ask(whole, site.parts, site.parts)
        for limit in site.walk.limits:
            members = [start + i for i in limit.members]
            present, held = np.zeros(q + n), np.zeros(q + n)
            present[[q + i for i in members]], held[members] = 1, 1
            ask(present, 0, limit.count)
            ask(held, 0, limit.total)
        start += len(site.elements)
    for i in range(n):
        row = np.zeros(q + n)
        row[i], row[q + i] = 1, -upper[i]
        ask(row, -np.inf, 0)
    for rule in rules:
        weights = rule.weights[host]
        if all(always[i] or not weights[n + i] for i in range(len(always))):
            row = np.concatenate([weights / np.concatenate([parts, np.ones(q - n)]), np.zeros(n)])
            ask(row, rule.low - rule.offset[host], rule.high - rule.offset[host])
    aim = np.zeros(q + n) if rng is None else np.append(rng.normal(size=q), np.zeros(n))
    whole_numbers = np.concatenate([np.ones(n), np.zeros(q - n), np.ones(n)])
    found = milp(
        aim,
        constraints=LinearConstraint(np.array(rows), np.array(least), np.array(most)),
        bounds=Bounds(low, high),
        integrality=whole_numbers,
        options={"time_limit": SECONDS},
    )
    return None if found.x is None else np.rint(found.x[:n]).astype(np.int64)
