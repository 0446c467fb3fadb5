"""The ledger of the home."""

from cathode.ledger import Ledger
from cathode.settings import Settings


def opened() -> Ledger:
    """The ledger that the environment names.

    Raises:
        LedgerError: it cannot be opened.
    """
    return Ledger.open(Settings.from_environment().ledger_url)
