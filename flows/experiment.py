"""The MLflow experiment of a campaign, and the few ways in which it is written to."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlflow.entities import Metric, Param, Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from cathode.ledger.turns import TurnRecord
from cathode.settings import Settings
from flows.databases import ensure_tracking

KIND, TURN = "cathode.kind", "cathode.turn"
"""Tags by which runs are found again."""

PAGE = 1000
"""Runs read at once."""


@dataclass(frozen=True)
class Tracker:
    """The MLflow experiment of one campaign."""

    client: MlflowClient
    experiment: str

    @classmethod
    def open(cls, settings: Settings, campaign: str) -> "Tracker":
        """Open the experiment, made on first use."""
        ensure_tracking(settings)
        client = MlflowClient(settings.tracking_url)
        known = client.get_experiment_by_name(campaign)
        if known is not None:
            return cls(client, known.experiment_id)
        place = settings.artifacts / campaign
        # A server keeps artifacts where it was told to; beside a database we say where.
        location = None if settings.tracked_elsewhere else place.as_uri()
        # What MLflow calls anything that trains models and is no language model.
        kind = {"mlflow.experimentKind": "custom_model_development"}
        return cls(
            client, client.create_experiment(campaign, artifact_location=location, tags=kind)
        )

    def runs(self, kind: str) -> list[Run]:
        """The runs of a kind."""
        query = f"tags.`{KIND}` = '{kind}'"
        page = self.client.search_runs([self.experiment], query, max_results=PAGE)
        found = list(page)
        while page.token:
            page = self.client.search_runs(
                [self.experiment], query, max_results=PAGE, page_token=page.token
            )
            found += page
        return found

    def start(self, kind: str, name: str, parent: str | None = None, **tags: str) -> str:
        """Start a run and return its id."""
        if parent is not None:
            tags[MLFLOW_PARENT_RUN_ID] = parent
        run = self.client.create_run(self.experiment, tags={KIND: kind, **tags}, run_name=name)
        return str(run.info.run_id)

    def log_params(self, run: str, params: Mapping[str, object]) -> None:
        """Log parameters as text."""
        self.client.log_batch(run, params=[Param(k, str(v)) for k, v in params.items()])

    def log_metrics(self, run: str, metrics: Mapping[str, float], record: TurnRecord) -> None:
        """Log metrics at a turn's number and end; MLflow drops what it has at just these."""
        ended = int(record.finished_at.timestamp() * 1000) if record.finished_at else 0
        points = [Metric(k, float(v), ended, record.turn.number) for k, v in metrics.items()]
        self.client.log_batch(run, metrics=points)
