"""Average voltages of four known cathodes: the evaluator, experiment and published GGA+U.

Experiment: rounded averages after the review of Nitta, Wu, Lee, Yushin, Mater. Today 18, 252
(2015), not yet checked against its text.
GGA+U: Materials Project (Jain et al., APL Mater. 1, 011002 (2013), CC BY 4.0), total energies of
the entries named, with its corrections; 1.9089 eV for lithium metal. Where an entry's energy was
not at hand, it was taken from its energy above the hull and the hull's other entries.
"""

import argparse
from dataclasses import dataclass
from fractions import Fraction

from agents.evaluators.cache import ContentCache
from agents.evaluators.chgnet.evaluator import ChgnetEvaluator
from benchmarks.publish import publish
from cathode.model import Candidate
from cathode.physics.prototypes import prototype_named
from cathode.settings import Settings
from cathode.spec import ChgnetSpec


@dataclass(frozen=True)
class Known:
    """A cathode whose voltage is known.

    Attributes:
        prototype: host.
        element: on the mixing site.
        left: fraction of lithium left when charged, None for the prototype's own.
        experiment: average voltage (V), None where none is tabulated for this range.
        gga_u: Materials Project voltage (V), None where there is none for this range.
        entries: the entries it is computed from.
    """

    prototype: str
    element: str
    left: Fraction | None
    experiment: float | None
    gga_u: float | None
    entries: str


KNOWN = (
    Known("layered", "Co", None, 3.8, 3.90, "mp-22526, mp-25234 (to CoO2)"),
    Known("layered", "Co", Fraction(1, 2), None, 3.39, "mp-22526, mp-774082 (to Li0.5CoO2)"),
    Known("layered", "Ni", None, 3.8, 3.82, "mp-866271, mp-25210 (to NiO2)"),
    Known("spinel", "Mn", None, 4.1, 3.93, "mp-1097867, mp-25275"),
    Known("olivine", "Fe", None, 3.4, 3.40, "mp-19017, mp-20361"),
)


def measure(known: Known, profile: str) -> dict[str, object]:
    """One row of the table; evaluates the cathode."""
    prototype = prototype_named(known.prototype)
    # Pure compounds need no cell of many cations: 56 to 80 atoms will do.
    sites = 20 if known.prototype == "layered" else 8
    spec = ChgnetSpec(kind="chgnet", profile=profile, mixing_sites=sites, lithium_left=known.left)
    evaluator = ChgnetEvaluator(spec, ContentCache(Settings.from_environment().cache))
    candidate = Candidate.of(known.prototype, {"M": {known.element: Fraction(1)}})
    found = {m.property: m for m in evaluator.evaluate(candidate)}
    voltage = found["average_voltage"]
    return {
        "compound": prototype.formula_of({known.element: Fraction(1)}),
        "lithium left": str(spec.lithium_left_of(prototype.lithium_left)),
        "CHGNet (V)": voltage.value if voltage.value is not None else voltage.cause,
        "experiment (V)": known.experiment if known.experiment is not None else "–",
        "GGA+U (V)": known.gga_u if known.gga_u is not None else "–",
        "minus experiment (V)": _difference(voltage.value, known.experiment),
        "minus GGA+U (V)": _difference(voltage.value, known.gga_u),
        "volume change (%)": found["volume_change"].value,
        "GGA+U entries": known.entries,
    }


def _difference(value: float | None, known: float | None) -> object:
    return "–" if value is None or known is None else value - known


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", choices=("quick", "full"), default="quick")
    profile = parser.parse_args().profile
    rows = []
    for known in KNOWN:
        rows.append(measure(known, profile))
        print(f"{rows[-1]['compound']}: {rows[-1]['CHGNet (V)']}", flush=True)
    publish("voltages", f"Average voltage against Li/Li+, {profile} profile", rows, profile=profile)
