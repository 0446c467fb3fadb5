"""The ledger: the database of all of it, and the only truth.

Measurements are append-only, every write is one transaction, and each step of a turn commits
once. Prefect and MLflow are views that can be rebuilt from here.
"""

from cathode.ledger.database import Ledger
from cathode.ledger.locks import lock

__all__ = ["Ledger", "lock"]
