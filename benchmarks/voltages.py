"""Average voltages of known cathodes: the evaluator, experiment and published GGA+U.

Experiment: averages rounded to 0.1 V after Table 1 of Nitta, Wu, Lee, Yushin, Mater. Today 18,
252 (2015). The article was not at hand when they were written down: look there before quoting.
GGA+U: voltage steps of Materials Project's batteries (Jain et al., APL Mater. 1, 011002 (2013),
CC BY 4.0; release of December 2019), averaged over the lithium that the evaluator takes out.
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

Steps = tuple[tuple[Fraction, float], ...]

GGA_U: dict[str, Steps] = {
    # Per battery: the share of lithium at which a step ends, from the charged side, and its V.
    "mp-1045644_Li": ((Fraction(1, 4), 4.094), (Fraction(3, 4), 3.737), (Fraction(1), 3.578)),
    "mp-1045516_Li": (
        (Fraction(1, 3), 4.150),
        (Fraction(1, 2), 3.965),
        (Fraction(3, 4), 3.722),
        (Fraction(9, 10), 3.522),
        (Fraction(1), 3.190),
    ),
    "mp-1097867_Li": ((Fraction(5, 6), 3.850), (Fraction(1), 3.697)),
    "mp-19017_Li": ((Fraction(1), 3.405),),
}


@dataclass(frozen=True)
class Known:
    """A cathode whose voltage is known.

    Attributes:
        prototype: host.
        element: on the mixing site.
        left: fraction of lithium left when charged, None for the prototype's own.
        experiment: average voltage (V), None where none is tabulated for this range.
        battery: of Materials Project.
    """

    prototype: str
    element: str
    left: Fraction | None
    experiment: float | None
    battery: str


KNOWN = (
    Known("layered", "Co", None, 3.8, "mp-1045644_Li"),
    Known("layered", "Co", Fraction(1, 2), None, "mp-1045644_Li"),
    Known("layered", "Ni", None, 3.8, "mp-1045516_Li"),
    Known("spinel", "Mn", None, 4.1, "mp-1097867_Li"),
    Known("olivine", "Fe", None, 3.4, "mp-19017_Li"),
)


def average_over(steps: Steps, left: Fraction) -> float:
    """Average voltage (V) while lithium goes from all of it down to the fraction left."""
    total, start = 0.0, Fraction(0)
    for end, voltage in steps:
        total += float(max(Fraction(0), end - max(start, left))) * voltage
        start = end
    return total / float(1 - left)


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
    left = spec.lithium_left_of(prototype.lithium_left)
    gga_u = average_over(GGA_U[known.battery], left)
    return {
        "compound": prototype.formula_of({known.element: Fraction(1)}),
        "lithium left": str(left),
        "CHGNet (V)": voltage.value if voltage.value is not None else voltage.cause,
        "experiment (V)": known.experiment if known.experiment is not None else "–",
        "GGA+U (V)": gga_u,
        "minus experiment (V)": _difference(voltage.value, known.experiment),
        "minus GGA+U (V)": _difference(voltage.value, gga_u),
        "volume change (%)": found["volume_change"].value,
        "GGA+U battery": known.battery,
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
