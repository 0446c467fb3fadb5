"""Answer a candidate by relaxing its lithiated and its delithiated cell."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Element, Lattice, Structure

from agents.evaluators.cache import ContentCache
from agents.evaluators.chgnet.answers import ANSWERED, Answers
from agents.evaluators.chgnet.calculations import Calculations
from cathode.errors import EvaluationError, SpecError
from cathode.model import PROPERTIES, Candidate, Measurement
from cathode.physics.cells import compact_supercell, mixing_indices
from cathode.physics.electrochemistry import Electrode
from cathode.physics.mixing import vegard_cell
from cathode.physics.orderings import decorate, distinct_orderings, vacancy_orderings
from cathode.physics.prototypes import MIXING_SITE, Prototype, primitive_cell, prototype_named
from cathode.physics.species import VACANCY
from cathode.space import SearchSpace, SiteFractions

if TYPE_CHECKING:
    from agents.evaluators.chgnet.relaxation import Relaxed
    from cathode.space import Space
    from cathode.spec import ChgnetSpec

LITHIUM = Structure(Lattice.cubic(3.51), ["Li", "Li"], [[0, 0, 0], [0.5, 0.5, 0.5]])
"""Body-centred cubic lithium metal; a = 3.51 Å, Nadler & Kempf, Anal. Chem. 31, 2109 (1959)."""

END_MEMBER_FMAX = 0.02
"""End members and lithium are relaxed once and tightly (eV/Å), for every candidate uses them."""

END_MEMBER_STEPS = 500

LAST_ELEMENT = 94
"""Highest atomic number the potential was trained on."""


class ChgnetEvaluator:
    """Decorate, relax, compare: all properties of a candidate from one potential.

    A candidate's answer depends on nothing but its content and the settings, so it is the same
    in every campaign and comes from the cache the second time.
    """

    name = "chgnet"
    fidelity = "potential"
    source = "CHGNet 0.3.0"
    isolated = True
    deferred = False
    properties = tuple(PROPERTIES[name] for name in ANSWERED)

    def __init__(self, spec: "ChgnetSpec", cache: ContentCache) -> None:
        self.spec = spec
        self.calculations = Calculations(self.source, cache)

    def check(self, space: "Space") -> str:
        """Refuse a space whose candidates the cell cannot hold exactly.

        Raises:
            SpecError: what does not fit, and what would.
        """
        if not isinstance(space, SearchSpace):
            msg = "the chgnet evaluator answers compositions: a pool of rows needs another one"
            raise SpecError(msg)
        asked = [site.site for site in space.sites if site.site != MIXING_SITE]
        asked += [
            variable.name for variable in space.variables.every if variable.name != "prototype"
        ]
        if asked:
            msg = f"the chgnet evaluator knows nothing of {asked[0]}: it answers for the elements "
            raise SpecError(f"{msg}on site {MIXING_SITE} alone; leave it out, or have a lab answer")
        for prototype in space.prototypes:
            self._check_cell(prototype, space.site())
        return ""

    def _check_cell(self, prototype: Prototype, recipes: SiteFractions) -> None:
        sites = self.spec.mixing_sites
        compact_supercell(prototype.name, sites)
        if (recipes.step * sites).denominator != 1:
            msg = (
                f"step {recipes.step} does not fit a cell of mixing_sites={sites}: "
                f"use a multiple of {recipes.step.denominator} mixing sites, or another step"
            )
            raise SpecError(msg)
        left, lithium = self._left(prototype), self._lithium(prototype)
        if (left * lithium).denominator != 1:
            msg = (
                f"lithium_left={left} of {lithium} lithium atoms is no whole number: use a "
                f"multiple of {left.denominator * prototype.mixing_per_formula} mixing sites"
            )
            raise SpecError(msg)
        host = {species for species, _ in prototype.formula}
        for element in recipes.elements:
            if element == VACANCY or Element(element).Z > LAST_ELEMENT:
                msg = f"CHGNet does not know {element}: it was trained on elements up to Pu"
                raise SpecError(msg)
            if element in host:
                msg = f"{element} on site {MIXING_SITE} is also part of the {prototype.name} host: "
                raise SpecError(msg + "the chgnet evaluator cannot tell them apart; leave it out")

    def prepare(self) -> None:
        """Load the potential."""
        self.calculations.prepare()

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:
        """All properties of a candidate, failed ones with their cause."""
        prototype = prototype_named(candidate.prototype)
        mixed = candidate.on_site(MIXING_SITE)
        answers = Answers(candidate, {"source": self.source, "fidelity": self.fidelity})
        answers.conditions |= {
            "formula": prototype.formula_of({MIXING_SITE: mixed}),
            "mixing_sites": self.spec.mixing_sites,
            "lithium_left": str(self._left(prototype)),
            "fmax_eV_per_angstrom": self.spec.fmax,
            "temperature_K": 0,
        }
        end_members, unrelaxed = self._end_members(prototype, mixed)
        if unrelaxed:
            answers.conditions["unrelaxed_end_members"] = unrelaxed
        state = "discharged"
        try:
            discharged = self._discharged(candidate, mixed, end_members, answers)
            answers.add_discharged(discharged, mixed)
            answers.add_mixing(discharged, mixed, end_members, unrelaxed)
            state = "charged"
            charged = self._charged(candidate, prototype, discharged, answers)
            metal = self.calculations.relaxed(LITHIUM, END_MEMBER_FMAX, END_MEMBER_STEPS)
            answers.add_electrode(_electrode(discharged, charged, metal))
        except EvaluationError as error:
            answers.fail_the_rest(state, error)
        return answers.measurements()

    def _discharged(
        self,
        candidate: Candidate,
        mixed: Mapping[str, Fraction],
        end_members: Mapping[str, "Relaxed"],
        answers: Answers,
    ) -> "Relaxed":
        prototype, sites = candidate.prototype, self.spec.mixing_sites
        ideal = primitive_cell(prototype) * np.array(compact_supercell(prototype, sites))
        starts = {element: member.structure for element, member in end_members.items()}
        cell = vegard_cell(prototype, sites, mixed, starts)
        orderings = distinct_orderings(ideal, mixed, self.spec.orderings, _rng(candidate, 0))
        return self._lowest([decorate(cell, o) for o in orderings], "discharged", answers)

    def _charged(
        self, candidate: Candidate, prototype: Prototype, discharged: "Relaxed", answers: Answers
    ) -> "Relaxed":
        left = int(self._left(prototype) * self._lithium(prototype))
        cells = vacancy_orderings(
            discharged.structure, "Li", left, self.spec.orderings, _rng(candidate, 1)
        )
        return self._lowest(cells, "charged", answers)

    def _lowest(self, cells: list[Structure], state: str, answers: Answers) -> "Relaxed":
        spec = self.spec
        lowest, lost = self.calculations.lowest(cells, spec.relaxed, spec.fmax, spec.max_steps)
        answers.conditions |= {
            f"{state}_orderings": len(cells),
            f"{state}_steps": lowest.steps,
        }
        if lost:
            answers.conditions[f"{state}_orderings_lost"] = lost
        return lowest

    def _end_members(
        self, prototype: Prototype, mixed: Mapping[str, Fraction]
    ) -> tuple[dict[str, "Relaxed"], dict[str, str]]:
        """Relaxed primitive cells of the pure compounds, and why some could not be relaxed.

        One that could not stands in unrelaxed, as a starting shape only.
        """
        from agents.evaluators.chgnet.relaxation import Relaxed

        members: dict[str, Relaxed] = {}
        causes: dict[str, str] = {}
        primitive = primitive_cell(prototype.name)
        for element in mixed:
            cell = decorate(primitive, (element,) * len(mixing_indices(primitive)))
            try:
                members[element] = self.calculations.relaxed(
                    cell, END_MEMBER_FMAX, END_MEMBER_STEPS
                )
            except EvaluationError as error:
                causes[element] = str(error)
                members[element] = Relaxed(cell, float("nan"), (), 0)
        return members, causes

    def _left(self, prototype: Prototype) -> Fraction:
        return self.spec.lithium_left_of(prototype.lithium_left)

    def _lithium(self, prototype: Prototype) -> Fraction:
        """Lithium atoms in the discharged cell."""
        per_formula = dict(prototype.formula)["Li"]
        return Fraction(self.spec.mixing_sites * per_formula, prototype.mixing_per_formula)


def _electrode(discharged: "Relaxed", charged: "Relaxed", metal: "Relaxed") -> Electrode:
    before, after = (int(cell.structure.composition["Li"]) for cell in (discharged, charged))
    return Electrode(
        discharged_energy=discharged.energy,
        charged_energy=charged.energy,
        metal_energy=metal.energy / len(metal.structure),
        n_ions=before - after,
        discharged_mass=float(discharged.structure.composition.weight),
        discharged_volume=discharged.structure.volume,
        charged_volume=charged.structure.volume,
    )


def _rng(candidate: Candidate, stream: int) -> np.random.Generator:
    """Randomness that belongs to the candidate, so its answer is the same everywhere."""
    digest = hashlib.sha256(f"{candidate.id} {stream}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
