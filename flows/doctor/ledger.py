"""The ledger: reachable, whole, of this version, with a clock like ours."""

from collections.abc import Iterator

from cathode.errors import NoLedgerError
from cathode.ledger.health import examine
from cathode.settings import Settings
from cathode.urls import without_password
from flows.doctor.findings import Finding, ok, problem, warning

SKEW_SECONDS = 5.0
"""Clocks further apart than this put entries into a wrong order."""


def ledger(settings: Settings) -> Iterator[Finding]:
    """How the ledger is."""
    place = without_password(settings.ledger_url)
    try:
        found = examine(settings.ledger_url)
    except NoLedgerError:
        yield ok("ledger", f"there is none yet at {place}: `cathode run SPEC` makes one")
        return
    if found.damage:
        words = f"{place} is damaged: {'; '.join(found.damage)}"
        yield problem("ledger", words, "stop everything, and `cathode restore` the last backup")
    elif found.newer:
        words = f"{place} has version {found.revision}, newer than {found.head} of this code"
        yield problem("ledger", words, "update this code")
    elif found.revision is None:
        yield warning("ledger", f"{place} is empty", "`cathode run SPEC` fills it")
    elif found.pending:
        words = f"{place} has version {found.revision}; {', '.join(found.pending)} wait"
        yield warning(
            "ledger", words, "`cathode backup`, then `cathode status` brings it up to date"
        )
    else:
        yield ok("ledger", f"{place} is whole, and of version {found.revision}")
    skew = found.skew_seconds
    if skew is None:
        yield ok("clock", "the ledger is on this machine")
    elif abs(skew) > SKEW_SECONDS:
        words = f"the ledger's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        yield problem("clock", words, "set both clocks by NTP")
    else:
        yield ok("clock", f"within {abs(skew):.1f} s of the ledger's")
