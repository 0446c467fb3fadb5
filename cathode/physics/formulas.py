"""What candidates are called where people read of them."""

from cathode.model import Candidate
from cathode.physics.prototypes import PROTOTYPES


def formula(candidate: Candidate) -> str:
    """The chemical formula of a candidate; its name where it is a row of a pool."""
    sites = {site: dict(fractions) for site, fractions in candidate.sites}
    if candidate.prototype not in PROTOTYPES:
        return str(dict(candidate.conditions).get("name", candidate.id))
    return PROTOTYPES[candidate.prototype].formula_of(sites)


def label(candidate: Candidate) -> str:
    """The formula with the process conditions, such as ``LiNiO2, time 12``."""
    settings = [
        f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else str(value)
        for name, value in candidate.conditions
        if candidate.prototype in PROTOTYPES
    ]
    return ", ".join([formula(candidate), *settings])
