"""The errors a user can meet; every message says what was wrong, what is allowed, what to do.

All of them derive from :class:`CathodeError`. The command line prints the message as one
sentence and leaves with exit code 2; nothing has been written when one is raised.
"""


class CathodeError(Exception):
    """Base class of every error that is the user's to mend."""


class SettingsError(CathodeError):
    """An environment variable says something that cannot be."""


class SpecError(CathodeError):
    """A campaign spec says something that cannot be."""


class SpaceError(SpecError):
    """A search space is empty or contradicts itself."""


class RecipeError(CathodeError):
    """What is weighed in for a candidate cannot be said."""


class SourceError(CathodeError):
    """A file of results or structures cannot be read as what it should be."""


class UnitError(CathodeError):
    """A unit is unknown or measures something else."""


class MeasurementError(CathodeError):
    """A measurement contradicts itself, such as an ``ok`` one without a value."""


class LedgerError(CathodeError):
    """The ledger is missing, unreadable or of another version."""


class NoLedgerError(LedgerError):
    """There is no ledger at that place yet."""


class UnknownCampaignError(LedgerError):
    """The ledger holds no campaign of that name."""


class CampaignLockedError(CathodeError):
    """Another process is working on the campaign."""


class SpecChangedError(CathodeError):
    """The spec differs from the one the campaign was started with."""


class ServiceError(CathodeError):
    """A Prefect or MLflow server could not be started or reached."""


class BackupError(CathodeError):
    """A backup cannot be made, is damaged, or would overwrite what is there."""


class StudyError(CathodeError):
    """A study cannot be made of this table, or as it was asked for."""


class StructureError(CathodeError):
    """A crystal cannot be read, or no graph can be made of it; says why, not which one it is."""


class FitError(CathodeError):
    """A surrogate could not be fitted; the loop records it and takes the next best one."""


class EvaluationError(Exception):
    """A candidate could not be answered for a physical reason; becomes a failed measurement.

    Not a :class:`CathodeError`: the user has nothing to mend, the ledger keeps the cause.

    Args:
        cause: one word that failures are grouped by, such as ``unconverged``.
        detail: one sentence with the figures.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail

    def __reduce__(self) -> tuple[type["EvaluationError"], tuple[str, str]]:
        """Keep both parts when the error crosses a process border."""
        return type(self), (self.cause, self.detail)
