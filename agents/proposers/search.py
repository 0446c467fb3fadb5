"""Find the candidates of highest acquisition: list a small space, climb in a large one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from botorch.acquisition import AcquisitionFunction
from botorch.acquisition.fixed_feature import FixedFeatureAcquisitionFunction
from botorch.generation.gen import gen_candidates_scipy
from numpy.typing import NDArray

from cathode.model import Candidate
from cathode.space import Points, Space

MOST_LISTED = 20_000
"""Spaces up to this size are scored as a whole."""

STARTS = 1536
"""Random candidates scored in a larger space; climbs start at the best of them."""

CLIMBERS = 6
CLIMBS = 50

POLISHED = 3
"""Climbers whose continuous variables are set by gradient at the end."""

POLISH_STEPS = 30

CHUNK = 512
"""Candidates scored at once where all are new."""

LOOK = 64
"""Candidates scored at once where an earlier score says which come first, or around a climber."""

Scored = tuple[Candidate, float]
Found = tuple[NDArray[np.int64], float]
"""A point, shape (m,), with its acquisition."""


def best_candidates(
    acquisition: AcquisitionFunction,
    space: Space,
    n: int,
    taken: Sequence[Candidate],
    pending: Sequence[Candidate],
    rng: np.random.Generator,
    coarse: Callable[[], AcquisitionFunction | None] = lambda: None,
    *,
    shrinks: bool = True,
) -> list[Scored]:
    """Choose a batch one by one, each knowing those chosen before it.

    Args:
        acquisition: takes ``b x 1 x d`` coordinates; its pending points are set here.
        space: what may be chosen.
        n: size of the batch.
        taken: candidates that may not be chosen.
        pending: candidates asked for and not answered yet.
        rng: source of randomness for large spaces.
        coarse: builds a quicker look at the same, by which a large space is climbed; what it finds
            is scored and climbed again by the acquisition itself.
        shrinks: whether no value rises as the batch grows, so that earlier values are bounds.

    Returns:
        Candidates with their acquisition values; fewer than n where the space holds no more.
    """
    chosen: list[Found] = []
    waiting = space.encode([c for c in pending if space.has_coordinates(c)])
    known = space.points_of([*taken, *pending])
    out = {point.tobytes() for point in known}
    every = space.every(MOST_LISTED)
    quick = coarse() if every is None else None
    seek = Listing(every, shrinks).best if every is not None else Climb(known, rng, quick).best
    for _ in range(n):
        if len(waiting):
            for each in [acquisition] if quick is None else [acquisition, quick]:
                each.set_X_pending(torch.as_tensor(waiting))
        best = seek(acquisition, space, out)
        if best is None:
            break
        chosen.append(best)
        waiting = np.concatenate([waiting, space.coordinates_of(best[0][None])])
        out.add(best[0].tobytes())
    if not chosen:
        return []
    candidates = space.candidates_at(np.array([point for point, _ in chosen]))
    return [(c, value) for c, (_, value) in zip(candidates, chosen, strict=True)]


@dataclass
class Listing:
    """All points of a small space, scored again only where that can change the choice.

    What a candidate adds to a batch shrinks as the batch grows, for expected improvement and
    hypervolume improvement are submodular. So its last score bounds its present one, and the
    search may stop at the first bound below the best present score (lazy greedy: Minoux,
    "Accelerated greedy algorithms for maximizing submodular set functions", 1978). Where values
    may rise, as those of another drawn function, all are scored again.

    Attributes:
        points: the space, in its order.
        shrinks: whether an earlier score bounds a later one.
        bounds: the last score of each.
    """

    points: Points
    shrinks: bool
    bounds: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.bounds = np.full(len(self.points), np.inf)

    def best(self, acquisition: AcquisitionFunction, space: Space, out: set[bytes]) -> Found | None:
        """The point of highest acquisition that is not out; None where all are."""
        if not self.shrinks:
            self.bounds[:] = np.inf
        order = np.argsort(-self.bounds, kind="stable")
        free = [i for i in order if self.points[i].tobytes() not in out]
        best: Found | None = None
        while free and (best is None or best[1] < self.bounds[free[0]]):
            size = CHUNK if np.isinf(self.bounds[free[0]]) else LOOK
            looked, free = free[:size], free[size:]
            values = _score(acquisition, space.coordinates_of(self.points[looked]))
            self.bounds[looked] = values
            top = int(values.argmax())
            if best is None or values[top] > best[1]:
                best = (self.points[looked[top]], float(values[top]))
        return best


@dataclass
class Climb:
    """Climbs from many starts by moves on recipes and levels, then by gradient.

    Attributes:
        known: points tried before; climbs start near the best of them, too.
        rng: source of randomness.
        coarse: a quicker look at the acquisition, for the way up.
        seen: points scored so far with their last scores, from which the next climb starts: what
            was good for one place of a batch is mostly good for the next.
    """

    known: Points
    rng: np.random.Generator
    coarse: AcquisitionFunction | None = None
    seen: dict[bytes, Found] = field(default_factory=dict)

    def best(self, acquisition: AcquisitionFunction, space: Space, out: set[bytes]) -> Found | None:
        """The highest point found that is not out; None where nothing is free."""
        first = self.coarse or acquisition
        ascent = Ascent(first, space, out)
        ascent.look(np.concatenate(self._starts(first, space)))
        self._climb(ascent, CLIMBERS)
        self.seen |= ascent.scores
        if self.coarse is not None:
            good, ascent = ascent.highest(LOOK), Ascent(acquisition, space, out)
            ascent.look([point for point, _ in good])
            self._climb(ascent, 1)
        for point, _ in ascent.highest(POLISHED):
            ascent.look(_polished(acquisition, space, point))
        return next(iter(ascent.highest(1)), None)

    def _climb(self, ascent: "Ascent", n: int) -> None:
        """Climb from the n highest points looked at, until no move leads higher."""
        climbers, space = ascent.highest(n), ascent.space
        for _ in range(CLIMBS):
            arounds = [space.neighbours(point, self.rng) for point, _ in climbers]
            some = [self.rng.permutation(around)[:LOOK] for around in arounds]
            moved = ascent.step(climbers, some)
            if _heights(moved) == _heights(climbers):
                # Nothing better was among some; if nothing is among all, the climb is over.
                moved = ascent.step(climbers, arounds)
                if _heights(moved) == _heights(climbers):
                    break
            # Climbers that met go on as one.
            climbers = list({point.tobytes(): (point, value) for point, value in moved}.values())

    def _starts(self, acquisition: AcquisitionFunction, space: Space) -> list[Points]:
        if self.seen:
            good = sorted(self.seen.values(), key=_value, reverse=True)[:CHUNK]
            return [np.array([point for point, _ in good]), space.sample(CHUNK, self.rng)]
        starts = [space.sample(STARTS, self.rng)]
        if len(self.known):
            values = _score(acquisition, space.coordinates_of(self.known))
            best = self.known[np.argsort(-values)[:CLIMBERS]]
            starts += [space.neighbours(point, self.rng) for point in best]
        return starts


@dataclass
class Ascent:
    """What one acquisition says of the points looked at.

    Attributes:
        acquisition: takes ``b x 1 x d`` coordinates.
        space: where the points lie.
        out: points that may not be chosen.
        scores: free points looked at, by their bytes.
    """

    acquisition: AcquisitionFunction
    space: Space
    out: set[bytes]
    scores: dict[bytes, Found] = field(default_factory=dict)

    def look(self, points: Iterable[NDArray[np.int64]]) -> None:
        """Score those points that are free and new."""
        new = {point.tobytes(): point for point in points}
        new = {k: p for k, p in new.items() if k not in self.scores and k not in self.out}
        if new:
            rows = np.array(list(new.values()))
            values = _score(self.acquisition, self.space.coordinates_of(rows)).tolist()
            self.scores |= dict(zip(new, zip(rows, values, strict=True), strict=True))

    def step(self, climbers: Sequence[Found], arounds: Sequence[Points]) -> list[Found]:
        """Each climber at the best of the points around it, or where it was."""
        if arounds:
            self.look(np.concatenate(arounds))  # all in few calls
        return [
            max([climber, *self._found(around)], key=_value)
            for climber, around in zip(climbers, arounds, strict=True)
        ]

    def highest(self, n: int) -> list[Found]:
        """The best points looked at."""
        return sorted(self.scores.values(), key=_value, reverse=True)[:n]

    def _found(self, points: Points) -> list[Found]:
        found = (self.scores.get(point.tobytes()) for point in points)
        return [each for each in found if each is not None]


def _polished(acquisition: AcquisitionFunction, space: Space, point: NDArray[np.int64]) -> Points:
    """The point after its continuous variables climbed the gradient; none where it has none."""
    columns = list(space.continuous)
    if not columns:
        return point[None][:0]
    x = torch.as_tensor(space.coordinates_of(point[None])[0])
    low, high = torch.as_tensor(space.bounds)[:, columns]
    others = [i for i in range(len(x)) if i not in columns]
    ends, _ = gen_candidates_scipy(
        x[columns].reshape(1, 1, -1),
        FixedFeatureAcquisitionFunction(acquisition, len(x), others, x[others]),
        low,
        high,
        options={"maxiter": POLISH_STEPS},
    )
    x[columns] = ends.detach().reshape(-1)
    return space.set_to(point, x.numpy())


def _score(
    acquisition: Callable[[torch.Tensor], torch.Tensor], X: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Acquisition of each row of coordinates, shape (n,)."""
    values = []
    with torch.no_grad():
        for start in range(0, len(X), CHUNK):
            rows = torch.as_tensor(X[start : start + CHUNK]).unsqueeze(-2)
            values.append(acquisition(rows).numpy())
    return np.concatenate(values)


def _value(found: Found) -> float:
    return found[1]


def _heights(climbers: Sequence[Found]) -> list[float]:
    return [value for _, value in climbers]
