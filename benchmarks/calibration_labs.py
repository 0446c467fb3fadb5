"""Labs that stand in for people: a synthetic truth over a shipped space, read with noise.

Nothing here was measured. The truths have the shape that the literature agrees on (optima that move
with composition, gains that level off, what cannot exceed 100 %), so that a surrogate meets the
size, the rules and the conditional variables of the real space; their figures are no prediction.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cathode.model import Candidate, Measurement
from cathode.physics.descriptors import element_table
from cathode.rng import derived_seed
from cathode.space import Space
from cathode.spec import CampaignSpec


@dataclass(frozen=True)
class Truth:
    """What a lab would find.

    Attributes:
        values: of a candidate, by property, without noise.
        noise: standard deviation of a reading, by property: that of cells made alike.
    """

    values: Callable[[Candidate], dict[str, float]]
    noise: dict[str, float]


class SyntheticLab:
    """An evaluator that reads a synthetic truth; another reading of a candidate differs.

    Sigma is not stated, as in most tables of a lab.
    """

    name = "synthetic lab"
    isolated = False
    deferred = False

    def __init__(self, truth: Truth, campaign: CampaignSpec, seed: int) -> None:
        self.truth, self.seed = truth, seed
        self.properties = tuple(campaign.property_named(name) for name in truth.noise)
        self.readings: Counter[str] = Counter()

    def check(self, space: Space) -> str:  # noqa: ARG002 - the truth is known everywhere
        """Nothing is refused."""
        return "a synthetic truth answers"

    def prepare(self) -> None:
        """Nothing to load."""

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """One reading of each property."""
        self.readings[candidate.id] += 1
        seed = derived_seed(self.seed, candidate.id, self.readings[candidate.id])
        rng, values = np.random.default_rng(seed), self.truth.values(candidate)
        return tuple(
            Measurement(
                candidate.id,
                known.name,
                known.unit,
                values[known.name] + self.truth.noise[known.name] * float(rng.standard_normal()),
                source=self.name,
                fidelity="synthetic",
            )
            for known in self.properties
        )


def ncm(candidate: Candidate) -> dict[str, float]:
    """Capacity (mAh/g) and retention (%) of a nickel-rich NCM.

    More nickel and a higher cut-off give capacity and take life; the best calcination is colder
    the more nickel there is, and less hot than it takes for carbonate; dopants protect, W most.
    """
    metals = {element: float(x) for element, x in candidate.on_site("M").items()}
    given = dict(candidate.conditions)
    nickel, volts = metals["Ni"] - 0.8, float(given["cutoff_voltage"]) - 4.3
    carbonate = given["precursor"] == "Li2CO3"
    best = 795 - 480 * nickel + 1500 * metals.get("W", 0) + 12 * carbonate
    off = (float(given["calcination_temperature"]) - best) / 40
    mixing = 1 - math.exp(-(off**2) / (3 if off < 0 else 2))
    unripe = math.exp(-float(given["calcination_time"]) / 5)
    excess = (float(given["lithium_excess"]) - 3 - carbonate) / 4
    even = 0.0
    if given["steps"] == 2:
        even = 1 - abs(float(given["first_temperature"]) - 525) / 150
        even += 0.1 * (float(given["first_time"]) - 5)
    even -= 0.2 * (float(given["heating_rate"]) - 2)
    dopants = {"Al": 0.9, "Zr": 1.3, "W": 1.9}
    shield = sum(
        gain * (1 - math.exp(-metals.get(element, 0) / 0.006)) for element, gain in dopants.items()
    )
    capacity = 193 + 170 * nickel + 75 * volts - 22 * mixing - 25 * unripe - 4 * excess**2
    capacity += 1.5 * even - 260 * sum(metals.get(element, 0) for element in dopants)
    life = 2.4 - 9 * nickel - (5 + 25 * nickel) * volts - 1.1 * mixing - 1.5 * unripe
    life += 0.5 * shield * (1 + 5 * nickel) - 0.15 * excess**2 + 0.15 * even
    life += 3 * metals.get("Mn", 0)
    return {"discharge_capacity": capacity, "capacity_retention": _percent(life)}


def olivine(candidate: Candidate) -> dict[str, float]:
    """Specific energy (Wh/kg) and retention (%) of a doped LiCoPO4.

    Each redox metal gives its voltage, dopants none; vacancies and a cold calcination help
    lithium along; dopants protect the more, the better their size fits.
    """
    metals = {element: float(x) for element, x in candidate.on_site("M").items()}
    given = dict(candidate.conditions)
    lithium = float(candidate.on_site("Li")["Li"])
    heat = (float(given["calcination_temperature"]) - 630) / 80
    reduced = given["atmosphere"] == "Ar-H2"
    air = given["atmosphere"] == "air"
    volts = {"Co": 4.8, "Fe": 3.45, "Mn": 4.1, "Ni": 5.1}
    energy = 167 * lithium * sum(x * volts.get(element, 0) for element, x in metals.items())
    used = 0.62 + 0.1 * (1 - math.exp(-(1 - lithium) / 0.03)) + 0.12 * metals.get("Fe", 0)
    used -= 0.05 * heat**2 + 0.06 * air + (0.08 / (1 + math.exp(-4 * (heat - 1)))) * reduced
    dopants = {e: x for e, x in metals.items() if e not in ("Co", "Fe", "Mn")}
    shield = sum(_fit(element) * (1 - math.exp(-x / 0.015)) for element, x in dopants.items())
    life = -0.3 + 4 * metals.get("Fe", 0) + 1.5 * metals.get("Mn", 0) + shield
    life += 0.25 * reduced - 0.4 * air - 0.15 * heat**2
    return {"specific_energy": energy * used, "capacity_retention": _percent(life)}


@lru_cache
def _fit(element: str) -> float:
    """How well an ion of that size sits where cobalt was."""
    (row,) = element_table((element,))
    return 1.3 * math.exp(-(((float(row[1]) - 0.75) / 0.15) ** 2))


def _percent(logit: float) -> float:
    return 100 / (1 + math.exp(-logit))


TRUTHS = {
    "ncm_process": Truth(ncm, {"discharge_capacity": 2.0, "capacity_retention": 1.5}),
    "olivine_dopants": Truth(olivine, {"specific_energy": 12.0, "capacity_retention": 3.0}),
}
"""By the campaign whose space they are for; noise of 1 to 3 % between cells made alike."""
