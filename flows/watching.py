"""See when campaigns are new in the ledger, or are to run at other times.

``python -m flows.watching`` registers all deployments, and those of campaigns as they come; it is
for places where parts run apart. `cathode up` does the same by itself.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence

from cathode.errors import LedgerError
from cathode.ledger import Ledger, campaigns
from cathode.settings import Settings
from flows.deploying import CAMPAIGNS
from flows.environment import for_children, prepare

WATCH_SECONDS = 10.0
"""How often the ledger is looked at."""


class CampaignWatch:
    """What the ledger says of its campaigns, as far as their deployments go.

    Args:
        settings: where the ledger is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledger: Ledger | None = None
        self._seen: str | None = None

    def changed(self) -> bool:
        """Whether it says something else than when this was asked last; at first, whether any."""
        found = self._digest()
        if found is None or found == self._seen:
            return False
        self._seen = found
        return True

    def forget(self) -> None:
        """Have the next question answered as if it were the first."""
        self._seen = None

    def _digest(self) -> str | None:
        """A hash of names, descriptions and schedules; None while there is no ledger."""
        try:
            if self._ledger is None:
                self._ledger = Ledger.open(self._settings.ledger_url)
            with self._ledger.read() as connection:
                found = campaigns.outlines(connection)
        except LedgerError:  # none yet, or out of reach: looked at again soon
            return None
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def watch(settings: Settings) -> None:
    """Register everything, and campaigns as they come, for ever.

    Ends the process where it cannot: whoever started it starts it again.
    """
    command, seen = [sys.executable, "-m", "flows.deploying"], CampaignWatch(settings)
    seen.changed()
    _run(command, settings)
    while True:
        time.sleep(WATCH_SECONDS)
        if seen.changed():
            _run([*command, CAMPAIGNS], settings)


def _run(command: Sequence[str], settings: Settings) -> None:
    done = subprocess.run(command, env=for_children(settings), check=False)
    if done.returncode != 0:  # in its own words already
        sys.exit(done.returncode)


if __name__ == "__main__":
    found = Settings.from_environment()
    prepare(found)
    watch(found)
