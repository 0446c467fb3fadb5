"""All checks in the order in which things build on each other."""

from cathode.settings import Settings
from flows.doctor.findings import Check, Finding, looked_at
from flows.doctor.ledger import ledger
from flows.doctor.machine import access, home, telemetry, temporary, versions
from flows.doctor.servers import mlflow, prefect

CHECKS: dict[str, Check] = {
    "versions": versions,
    "home": home,
    "temporary files": temporary,
    "telemetry": telemetry,
    "access": access,
    "ledger": ledger,
    "Prefect": prefect,
    "MLflow": mlflow,
}


def examine(settings: Settings) -> list[Finding]:
    """Look at everything."""
    return [found for name, check in CHECKS.items() for found in looked_at(name, check, settings)]
