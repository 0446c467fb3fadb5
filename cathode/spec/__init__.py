"""What a user writes: frozen specs, read from YAML, apart from the code that acts on them."""

from cathode.spec.campaign import Budget, CampaignSpec, Constraint, Objective
from cathode.spec.evaluator import ChgnetSpec, EvaluatorSpec, TableSpec
from cathode.spec.loader import load_spec, parse_spec
from cathode.spec.proposer import BayesianSpec, ProposerSpec, RandomSpec, SobolSpec
from cathode.spec.space import AtMost, FractionBounds, SiteSpec, SpaceSpec
from cathode.spec.surrogate import GPSpec, SurrogateSpec

__all__ = [
    "AtMost",
    "BayesianSpec",
    "Budget",
    "CampaignSpec",
    "ChgnetSpec",
    "Constraint",
    "EvaluatorSpec",
    "FractionBounds",
    "GPSpec",
    "Objective",
    "ProposerSpec",
    "RandomSpec",
    "SiteSpec",
    "SobolSpec",
    "SpaceSpec",
    "SurrogateSpec",
    "TableSpec",
    "load_spec",
    "parse_spec",
]
