"""What candidates are called where people read of them."""

from collections.abc import Mapping

from cathode.model import Candidate
from cathode.physics.prototypes import PROTOTYPES


def formula(candidate: Candidate) -> str:
    """The chemical formula of a candidate; its name where it is a row of a pool."""
    sites = {site: dict(fractions) for site, fractions in candidate.sites}
    if candidate.prototype not in PROTOTYPES:
        return str(dict(candidate.conditions).get("name", candidate.id))
    return PROTOTYPES[candidate.prototype].formula_of(sites)


def label(candidate: Candidate, units: Mapping[str, str]) -> str:
    """The formula with the process conditions, such as ``LiNiO2, time 12 h``.

    Args:
        candidate: the candidate.
        units: of the variables of its space.
    """
    settings = [
        f"{name.replace('_', ' ')} {value:g} {units.get(name, '')}".rstrip()
        if isinstance(value, float)
        else str(value)
        for name, value in candidate.conditions
        if candidate.prototype in PROTOTYPES
    ]
    return ", ".join([formula(candidate), *settings])
