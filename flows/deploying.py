"""Register the deployments of ``prefect.yaml``, and one per campaign of the ledger.

``python -m flows.deploying`` does it once and ends: what it loads is large. A deployment that has
not changed is left alone, and with it the runs that are planned and what people set on its page.
"""

import contextlib
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cathode.errors import CathodeError, NoLedgerError, ServiceError
from cathode.ledger import Ledger, campaigns
from cathode.settings import REPOSITORY, Settings
from cathode.spec import ScheduleSpec
from flows.environment import prepare

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

GENERIC = "turn"
"""Deployment of ``prefect.yaml`` that those of campaigns are made from."""

SLUG = "spec"
"""By it the schedule of a campaign's spec is told from those that people add on its page."""

BEGIN, PUT_RIGHT, CAMPAIGNS = "--begin", "--put-right", "--campaigns"
"""Options: no worker of ours runs yet, so put right what it left; do that alone; register
deployments of campaigns alone."""


@dataclass(frozen=True)
class Deployment:
    """A flow that can be run from its page.

    Attributes:
        name: of the deployment.
        entrypoint: module and name of the flow's function.
        pool: work pool.
        description: for its page, in markdown.
        tags: of its runs.
        parameters: what the flow is called with.
        job_variables: for the worker.
        enforce: whether the server checks parameters.
        schedule: when it runs by itself; None to leave that to its page.
        alone: whether a run that begins while another goes on is cancelled.
    """

    name: str
    entrypoint: str
    pool: str
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    job_variables: dict[str, Any] = field(default_factory=dict)
    enforce: bool = True
    schedule: ScheduleSpec | None = None
    alone: bool = False

    def version(self, schema: dict[str, Any]) -> str:
        """A hash of all that its registration says, its schedule left out."""
        content = {k: v for k, v in asdict(self).items() if k != "schedule"} | {"schema": schema}
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def listed(file: Path = REPOSITORY / "prefect.yaml") -> list[Deployment]:
    """The deployments of ``prefect.yaml``.

    Raises:
        ServiceError: it says something that only `prefect deploy` understands.
    """
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [_read(each, file) for each in content["deployments"]]


def _read(content: dict[str, Any], file: Path) -> Deployment:
    known = {"name", "entrypoint", "description", "tags", "parameters", "work_pool"}
    if odd := sorted(set(content) - known - {"enforce_parameter_schema"}):
        msg = f"{file}: deployment {content.get('name')!r} has {odd[0]!r}, which is not registered"
        raise ServiceError(f"{msg}: known are {', '.join(sorted(known))}; leave it out")
    pool = content["work_pool"]
    return Deployment(
        name=content["name"],
        entrypoint=content["entrypoint"],
        pool=pool["name"],
        description=content.get("description", ""),
        tags=tuple(content.get("tags", ())),
        parameters=content.get("parameters", {}),
        job_variables=pool.get("job_variables", {}),
        enforce=content.get("enforce_parameter_schema", True),
    )


def of_campaigns(settings: Settings, every: Iterable[Deployment]) -> Iterator[Deployment]:
    """A deployment per campaign of the ledger, named after it, with the schedule of its spec.

    Raises:
        LedgerError: there is one, and it cannot be read.
    """
    generic = {each.name: each for each in every}
    try:
        ledger = Ledger.open(settings.ledger_url)
    except NoLedgerError:  # and so no campaign
        return
    with ledger.read() as connection:
        found = campaigns.outlines(connection)
    ledger.close()
    base = generic[GENERIC]
    for name, outline in found.items():
        schedule = outline["schedule"]
        yield Deployment(
            # A campaign may be called like a deployment of the file; brackets no campaign has.
            name=f"{name} (campaign)" if name in generic else name,
            entrypoint=base.entrypoint,
            pool=base.pool,
            description=outline["description"] or f"Run, or continue, the next turn of {name}.",
            tags=(*base.tags, name),
            parameters={"campaign": name},
            job_variables=base.job_variables,
            schedule=None if schedule is None else ScheduleSpec.model_validate(schedule),
            alone=True,
        )


def register(settings: Settings, *, only_campaigns: bool = False) -> list[str]:
    """Register all deployments on the server at ``PREFECT_API_URL``, and the pools they need.

    Args:
        settings: where the ledger is.
        only_campaigns: leave those of ``prefect.yaml`` alone; quicker, as no flow is loaded.

    Returns:
        Names of those that were new or had changed.
    """
    from prefect.client.orchestration import get_client

    every, changed = listed(), []
    with get_client(sync_client=True) as client:
        for pool in dict.fromkeys(each.pool for each in every):
            _ensure_pool(client, pool)
        schemas = _known_schemas(client) if only_campaigns else {}
        if GENERIC not in schemas:
            schemas = {}
        for each in [*([] if schemas else every), *of_campaigns(settings, every)]:
            flow, schema = _described(each, schemas)
            if _enter(client, flow, each, schema):
                changed.append(f"{flow}/{each.name}")
    return changed


def _described(each: Deployment, schemas: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name of a deployment's flow, and the schema of its parameters."""
    if schemas and each.alone:
        return GENERIC, schemas[GENERIC]
    module, _, name = each.entrypoint.rpartition(".")
    from prefect.utilities.callables import parameter_schema

    flow = getattr(importlib.import_module(module), name)
    return str(flow.name), parameter_schema(flow).model_dump(exclude_unset=True)


def _known_schemas(client: "SyncPrefectClient") -> dict[str, Any]:
    """What the server knows of the deployment that those of campaigns are made from."""
    from prefect.exceptions import ObjectNotFound

    try:
        known = client.read_deployment_by_name(f"{GENERIC}/{GENERIC}")
    except ObjectNotFound:
        return {}
    return {GENERIC: known.parameter_openapi_schema}


def _ensure_pool(client: "SyncPrefectClient", name: str) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        from prefect.workers.process import ProcessWorker

        template = ProcessWorker.get_default_base_job_template()
        pool = WorkPoolCreate(name=name, type="process", base_job_template=template)
        with contextlib.suppress(ObjectAlreadyExists):  # a worker made it meanwhile
            client.create_work_pool(pool)


def _enter(client: "SyncPrefectClient", flow: str, each: Deployment, schema: Any) -> bool:
    """Enter a deployment where it is new or has changed; whether it was so."""
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
    from prefect.exceptions import ObjectNotFound

    version = each.version(schema)
    try:
        known = client.read_deployment_by_name(f"{flow}/{each.name}")
    except ObjectNotFound:
        known = None
    new = known is None or known.version != version
    options = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    content = {
        "version": version,
        "description": each.description,
        "tags": list(each.tags),
        "entrypoint": each.entrypoint,
        "work_pool_name": each.pool,
        "parameters": each.parameters,
        "parameter_openapi_schema": schema,
        "enforce_parameter_schema": each.enforce,
        "job_variables": each.job_variables,
        "pull_steps": [],
        "concurrency_limit": 1 if each.alone else None,
        "concurrency_options": options if each.alone else None,
    }
    if known is None:
        made = client.create_deployment(client.create_flow_from_name(flow), each.name, **content)
    elif new:
        from prefect.client.schemas.actions import DeploymentUpdate

        made = known.id
        client.update_deployment(made, DeploymentUpdate(**content))
    else:
        made = known.id
    return _schedule(client, made, each) or new if each.alone else new


def _schedule(client: "SyncPrefectClient", deployment: Any, each: Deployment) -> bool:
    """Give a deployment the schedule of its spec; whether that was another one before."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule

    wanted = each.schedule
    known = [s for s in client.read_deployment_schedules(deployment) if s.slug == SLUG]
    same = [
        s
        for s in known
        if isinstance(s.schedule, CronSchedule)
        and wanted is not None
        and (s.schedule.cron, s.schedule.timezone) == (wanted.cron, wanted.timezone)
    ]
    if same or (not known and wanted is None):
        return False
    for old in known:
        client.delete_deployment_schedule(deployment, old.id)
    if wanted is not None:
        cron = CronSchedule(cron=wanted.cron, timezone=wanted.timezone)
        new = DeploymentScheduleCreate(schedule=cron, active=True, slug=SLUG)
        client.create_deployment_schedules(deployment, [new])
    return True


def main(arguments: Sequence[str]) -> None:
    """Wait for the server, put right what our dead worker left there if asked to, and register.

    Raises:
        CathodeError: a setting cannot be, or the server does not answer.
    """
    began = datetime.now(UTC)
    settings = Settings.from_environment()
    prepare(settings)
    from flows.housekeeping import free_abandoned_runs  # loaded while the server starts
    from flows.parts import POOL, worker_name
    from flows.server import LocalServer

    LocalServer(os.environ["PREFECT_API_URL"], settings)()
    if {BEGIN, PUT_RIGHT} & set(arguments):
        freed = free_abandoned_runs(POOL, worker_name(settings), began)
        sys.stdout.write(f"{freed} runs of a worker that was killed are put right\n")
    if PUT_RIGHT in arguments:
        return
    for name in register(settings, only_campaigns=CAMPAIGNS in arguments):
        sys.stdout.write(f"registered {name}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CathodeError as error:
        sys.exit(f"cathode: {error}")
