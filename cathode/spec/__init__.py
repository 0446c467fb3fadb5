"""What a user writes: frozen specs, read from YAML, apart from the code that acts on them."""

from cathode.spec.campaign import Budget, CampaignSpec, Constraint, Objective
from cathode.spec.evaluator import CheaperSpec, ChgnetSpec, EvaluatorSpec, LabSpec, TableSpec
from cathode.spec.history import HistorySpec
from cathode.spec.loader import load_spec, parse_spec
from cathode.spec.pool import PoolSpec
from cathode.spec.proposer import BayesianSpec, ProposerSpec, RandomSpec, SobolSpec
from cathode.spec.rules import (
    ChargeBalance,
    CriticalCap,
    Forbidden,
    LinearRule,
    LithiumRatio,
    PriceCap,
    Range,
    RuleSpec,
)
from cathode.spec.space import AtMost, FractionBounds, SiteSpec, SpaceSpec
from cathode.spec.surrogate import GPRNNSpec, GPSpec, SurrogateSpec
from cathode.spec.variables import (
    CategoricalVariable,
    ContinuousVariable,
    OrderedVariable,
    SteppedVariable,
    VariableSpec,
)

__all__ = [
    "AtMost",
    "BayesianSpec",
    "Budget",
    "CampaignSpec",
    "CategoricalVariable",
    "ChargeBalance",
    "CheaperSpec",
    "ChgnetSpec",
    "Constraint",
    "ContinuousVariable",
    "CriticalCap",
    "EvaluatorSpec",
    "Forbidden",
    "FractionBounds",
    "GPRNNSpec",
    "GPSpec",
    "HistorySpec",
    "LabSpec",
    "LinearRule",
    "LithiumRatio",
    "Objective",
    "OrderedVariable",
    "PoolSpec",
    "PriceCap",
    "ProposerSpec",
    "RandomSpec",
    "Range",
    "RuleSpec",
    "SiteSpec",
    "SobolSpec",
    "SpaceSpec",
    "SteppedVariable",
    "SurrogateSpec",
    "TableSpec",
    "VariableSpec",
    "load_spec",
    "parse_spec",
]
