"""Frozen values of the domain; they hold facts and no behaviour beyond checking themselves."""

from cathode.model.candidate import Candidate
from cathode.model.champion import Champion
from cathode.model.crystal import Crystal
from cathode.model.measurement import Limit, Measurement, Status
from cathode.model.prediction import Prediction
from cathode.model.properties import PROPERTIES, Property
from cathode.model.proposal import Proposal, Suggestion
from cathode.model.review import Review, Verdict
from cathode.model.skill import HeldOut, HeldOutBounds, Skill
from cathode.model.training import TrainingData
from cathode.model.turn import STEPS, Turn

__all__ = [
    "PROPERTIES",
    "STEPS",
    "Candidate",
    "Champion",
    "Crystal",
    "HeldOut",
    "HeldOutBounds",
    "Limit",
    "Measurement",
    "Prediction",
    "Property",
    "Proposal",
    "Review",
    "Skill",
    "Status",
    "Suggestion",
    "TrainingData",
    "Turn",
    "Verdict",
]
