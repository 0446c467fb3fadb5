"""What is wrong with a table: the first fault is raised, or all are gathered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cathode.errors import SourceError


@dataclass(frozen=True)
class Faults:
    """Faults of a table.

    Attributes:
        gather: whether to go on after a fault; else the first one is raised.
        found: the faults so far, in sentences with row and column.
    """

    gather: bool = False
    found: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Do something that may find a fault.

        Raises:
            SourceError: it did, and faults are not gathered.
        """
        try:
            yield
        except SourceError as error:
            if not self.gather:
                raise
            self.found.append(str(error))

    def refuse(self) -> None:
        """Raise all that was found as one.

        Raises:
            SourceError: a line per fault.
        """
        if self.found:
            raise SourceError("\n".join(self.found))
