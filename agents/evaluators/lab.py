"""People answer: a proposal is a work order until its results come in."""

from cathode.errors import SpecError
from cathode.model import Candidate, Measurement
from cathode.space import Space
from cathode.spec import CampaignSpec, LabSpec


class LabEvaluator:
    """Leaves every proposal open; `cathode ingest` brings the results."""

    name = "lab"
    isolated = False
    deferred = True

    def __init__(self, spec: LabSpec, campaign: CampaignSpec, name: str | None = None) -> None:
        names = dict.fromkeys([*campaign.needed_of(name), *spec.properties])
        try:
            self.properties = tuple(campaign.property_named(name) for name in names)
        except KeyError as error:
            msg = f"evaluator.properties: unknown property {error}: declare it under properties"
            raise SpecError(msg) from error

    def check(self, space: Space) -> str:  # noqa: ARG002 - people can make anything
        """Nothing is refused."""
        return "people answer: `cathode ingest` brings their results"

    def prepare(self) -> None:
        """Nothing to load."""

    def evaluate(self, candidate: Candidate) -> tuple[Measurement, ...]:  # noqa: ARG002
        """Nothing is known now."""
        return ()
