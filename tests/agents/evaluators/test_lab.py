import pytest

from agents.evaluators.lab import LabEvaluator
from cathode.errors import SpecError
from cathode.model import Candidate
from cathode.spec import LabSpec, parse_spec
from tests.helpers import layered


def test_people_are_asked_for_what_the_campaign_needs_and_more():
    spec = parse_spec(layered(evaluator={"kind": "lab"}), "test")
    lab = LabEvaluator(LabSpec(kind="lab", properties=("average_voltage",)), spec)
    names = [known.name for known in lab.properties]
    assert names == ["specific_energy", "volume_change", "average_voltage"]
    assert lab.deferred
    assert lab.evaluate(Candidate.of("layered", {})) == ()


def test_an_unknown_property_is_refused():
    spec = parse_spec(layered(evaluator={"kind": "lab"}), "test")
    with pytest.raises(SpecError, match="unknown property 'taste'"):
        LabEvaluator(LabSpec(kind="lab", properties=("taste",)), spec)
