"""What a user writes: frozen specs, read from YAML, apart from the code that acts on them."""

from cathode.spec.augmentation import (
    AugmentationSpec,
    LatticeScalingSpec,
    OversamplingSpec,
    PerturbationSpec,
    RotationSpec,
    SwapAxesSpec,
    TranslationSpec,
    parse_augmentation,
)
from cathode.spec.campaign import Budget, CampaignSpec, Constraint, Objective
from cathode.spec.evaluator import CheaperSpec, ChgnetSpec, EvaluatorSpec, LabSpec, TableSpec
from cathode.spec.history import HistorySpec
from cathode.spec.loader import load_spec, parse_spec
from cathode.spec.pool import PoolSpec, StructuresSpec
from cathode.spec.proposer import BayesianSpec, ProposerSpec, RandomSpec, SobolSpec
from cathode.spec.recipe import Chosen, Compound, FurnaceStep, RecipeSpec
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
from cathode.spec.schedule import ScheduleSpec
from cathode.spec.space import AtMost, FractionBounds, SiteSpec, SpaceSpec
from cathode.spec.surrogate import CGCNNSpec, GPRNNSpec, GPSpec, SurrogateSpec
from cathode.spec.variables import (
    CategoricalVariable,
    ContinuousVariable,
    OrderedVariable,
    SteppedVariable,
    VariableSpec,
)

__all__ = [
    "AtMost",
    "AugmentationSpec",
    "BayesianSpec",
    "Budget",
    "CGCNNSpec",
    "CampaignSpec",
    "CategoricalVariable",
    "ChargeBalance",
    "CheaperSpec",
    "ChgnetSpec",
    "Chosen",
    "Compound",
    "Constraint",
    "ContinuousVariable",
    "CriticalCap",
    "EvaluatorSpec",
    "Forbidden",
    "FractionBounds",
    "FurnaceStep",
    "GPRNNSpec",
    "GPSpec",
    "HistorySpec",
    "LabSpec",
    "LatticeScalingSpec",
    "LinearRule",
    "LithiumRatio",
    "Objective",
    "OrderedVariable",
    "OversamplingSpec",
    "PerturbationSpec",
    "PoolSpec",
    "PriceCap",
    "ProposerSpec",
    "RandomSpec",
    "Range",
    "RecipeSpec",
    "RotationSpec",
    "RuleSpec",
    "ScheduleSpec",
    "SiteSpec",
    "SobolSpec",
    "SpaceSpec",
    "SteppedVariable",
    "StructuresSpec",
    "SurrogateSpec",
    "SwapAxesSpec",
    "TableSpec",
    "TranslationSpec",
    "VariableSpec",
    "load_spec",
    "parse_augmentation",
    "parse_spec",
]
