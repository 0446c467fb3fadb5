"""What every evaluator must do. A test module subclasses this and gives its fixtures."""

import json
import pickle

import pytest

from cathode.model import Candidate, Status
from cathode.protocols import Evaluator
from cathode.space import SearchSpace


class EvaluatorContract:
    """Subclass it and override the three fixtures."""

    @pytest.fixture
    def evaluator(self) -> Evaluator:
        raise NotImplementedError

    @pytest.fixture
    def space(self) -> SearchSpace:
        """A space it can answer for."""
        raise NotImplementedError

    @pytest.fixture
    def candidate(self) -> Candidate:
        """A candidate that has all answers."""
        raise NotImplementedError

    def test_it_accepts_its_space(self, evaluator, space):
        assert isinstance(evaluator.check(space), str)

    def test_every_property_is_answered_once_in_its_unit(self, evaluator, candidate):
        answers = evaluator.evaluate(candidate)
        assert [m.property for m in answers] == [p.name for p in evaluator.properties]
        units = {p.name: p.unit for p in evaluator.properties}
        for m in answers:
            assert m.unit == units[m.property]
            assert m.candidate_id == candidate.id
            assert m.status is Status.OK, m.detail
            assert m.source
            assert m.fidelity

    def test_the_same_candidate_gets_the_same_answer(self, evaluator, candidate):
        assert evaluator.evaluate(candidate) == evaluator.evaluate(candidate)

    def test_answers_cross_process_and_database_borders(self, evaluator, candidate):
        for m in evaluator.evaluate(candidate):
            assert pickle.loads(pickle.dumps(m)) == m  # noqa: S301 - our own bytes
            json.dumps(dict(m.conditions), allow_nan=False)
