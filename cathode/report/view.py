"""All that pages about a campaign show, gathered once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cathode.evaluation import progress
from cathode.evaluation.baselines import Predictor
from cathode.evaluation.outcomes import Outcome, ranked
from cathode.evaluation.progress import Progress
from cathode.ledger import Ledger, campaigns, skills, turns
from cathode.ledger.measurements import Recorded
from cathode.ledger.turns import TurnRecord
from cathode.loop.history import joined, recall
from cathode.loop.observations import Observations, observe
from cathode.model import Candidate, Champion, HeldOut, Skill, TrainingData
from cathode.physics.formulas import label
from cathode.space import Space
from cathode.spec import CampaignSpec
from cathode.units import convert


@dataclass(frozen=True)
class CampaignView:
    """A campaign at one moment.

    Attributes:
        spec: its spec.
        turns: its turns with what each step recorded.
        seen: measurements, candidates and proposals.
        skills: per turn the skills measured in it.
        progress: the state after each finished turn.
        champions: which surrogate served each property, turn by turn.
        specs: its specs by revision, those that its turns worked by.
        ledger: where all of it is from.
    """

    spec: CampaignSpec
    turns: Sequence[TurnRecord]
    seen: Observations
    skills: Mapping[int, Sequence[Skill]]
    progress: Sequence[Progress]
    champions: Sequence[Champion]
    specs: Mapping[int, CampaignSpec]
    ledger: Ledger = field(repr=False)

    def learned_by(self, champion: Champion, space: Space) -> TrainingData:
        """What a champion learned from, histories among it as far as they are the same still.

        Args:
            champion: of any turn.
            space: that of its turn's spec.

        Raises:
            CathodeError: a history cannot be read any more.
        """
        spec = self.specs[champion.turn.revision]
        (record,) = (each for each in self.turns if each.turn == champion.turn)
        known = record.results["assimilate"].get("history", {})
        newest = {name: each["up_to"] for name, each in known.items()}
        histories = recall(self.ledger, spec, space, newest) if spec.history else ()
        seen = observe(self.ledger, spec.name, champion.up_to)
        return joined(seen.training_data(champion.property, space), histories)

    @property
    def outcomes(self) -> list[Outcome]:
        """One outcome per measured candidate."""
        return self.seen.outcomes

    @property
    def ranked(self) -> list[tuple[Outcome, bool]]:
        """Candidates that count, the best first, with whether they are on the front."""
        return ranked(self.outcomes, self.spec)

    @property
    def failed(self) -> list[Outcome]:
        """Candidates with a failed property."""
        return [outcome for outcome in self.outcomes if outcome.failures]

    def until(self, number: int) -> "CampaignView":
        """The campaign as it was after a turn."""
        earlier = [r for r in self.seen.measured if r.turn is None or r.turn <= number]
        asked = [p for p in self.seen.proposals if p.turn <= number]
        return replace(
            self,
            turns=[record for record in self.turns if record.turn.number <= number],
            seen=replace(self.seen, measured=tuple(earlier), proposals=tuple(asked)),
            skills={turn: found for turn, found in self.skills.items() if turn <= number},
            progress=[state for state in self.progress if state.turn <= number],
            champions=[each for each in self.champions if each.turn.number <= number],
        )

    def latest_skills(self) -> list[Skill]:
        """The skills measured last."""
        return list(self.skills[max(self.skills)]) if self.skills else []

    def champion_held_out(self, name: str) -> HeldOut | None:
        """Held-out predictions of the surrogate that served a property last."""
        for skill in self.latest_skills():
            if skill.property == name and skill.champion:
                return skill.held_out
        return None

    def promising_bounds(self) -> list[str]:
        """Bounds on the good side of an objective, in words: the values may be the best of all."""
        return bounds_in_words(self.spec, self.seen.measured, self.seen.candidates)

    def notes(self) -> list[str]:
        """What the last turn found before it proposed; nothing is known before the first."""
        if not self.turns or self.turns[-1].turn.number == 0:
            return []
        results = self.turns[-1].results
        words = [*self.promising_bounds(), *results.get("retrain", {}).get("notes", [])]
        words += results.get("audit", {}).get("missing", [])
        words += results.get("audit", {}).get("suspicious", [])
        return words


def bounds_in_words(
    spec: CampaignSpec, measured: Iterable[Recorded], candidates: Mapping[str, Candidate]
) -> list[str]:
    """Bounds on the good side of an objective: the values may be the best of all.

    Args:
        spec: the campaign.
        measured: measurements that count.
        candidates: by id.
    """
    good = {"max": ">", "min": "<"}
    sides = {o.property: good.get(o.goal) for o in spec.objectives}
    words = []
    for each in (recorded.measurement for recorded in measured):
        if each.evaluator is None and each.bound and each.bound == sides.get(each.property):
            made = label(candidates[each.candidate_id], spec.units)
            known = spec.property_named(each.property)
            value = f"{each.bound} {convert(each.value or 0.0, each.unit, known.unit):.4g}"
            words.append(
                f"{each.candidate_id} {made}: {known.label} {value} {known.unit}, a bound; it "
                "may be better than the best that is known"
            )
    return words


def view_of(ledger: Ledger, campaign: str) -> CampaignView:
    """Read a campaign from the ledger.

    Raises:
        UnknownCampaignError: there is no such campaign.
    """
    with ledger.read() as connection:
        _, spec = campaigns.latest_spec(connection, campaign)
        past = turns.history(connection, campaign)
        found = skills.of_campaign(connection, campaign)
        champions = skills.champions(connection, campaign)
        specs = {
            revision: campaigns.spec_at(connection, campaign, revision)
            for revision in {record.turn.revision for record in past}
        }
    seen = observe(ledger, campaign)
    states = [
        progress.after(seen.outcomes, spec, record.turn.number)
        for record in past
        if record.finished_at is not None
    ]
    return CampaignView(spec, past, seen, found, states, champions, specs, ledger)


Models = Mapping[str, Predictor]
"""Per property the surrogate whose predictions pictures show."""
