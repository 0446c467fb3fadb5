"""What a study compares, and on how many splits."""

from dataclasses import dataclass

from cathode.errors import StudyError

FEWEST_SPLITS = 4
"""What is chosen on the first half of the splits is judged on the second."""

SHARES = (0.05, 0.5)


@dataclass(frozen=True)
class StudySettings:
    """What is compared, and on how many splits.

    Attributes:
        splits: random splits, the same for all models.
        test_share: share of the groups to test on.
        coupling: numbers of coupling terms, ascending; 0 is always among them.
        nodes: numbers of units in the hidden layer, ascending.
        seed: of splits and initial weights.
    """

    splits: int = 100
    test_share: float = 0.2
    coupling: tuple[int, ...] = (0, 1, 2, 4, 8, 16, 32, 64, 100)
    nodes: tuple[int, ...] = (1, 2, 3, 4, 6, 9, 12)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            StudyError: a number is out of its range.
        """
        if self.splits < FEWEST_SPLITS:
            msg = f"--splits {self.splits}: a spread takes at least {FEWEST_SPLITS}"
            raise StudyError(msg)
        if not SHARES[0] <= self.test_share <= SHARES[1]:
            msg = f"--test-share {self.test_share:g}: give {SHARES[0]:g} to {SHARES[1]:g}"
            raise StudyError(msg)
        if min(self.coupling) < 0:
            msg = f"--coupling {min(self.coupling)}: numbers of terms are 0 or more"
            raise StudyError(msg)
        if min(self.nodes) < 1:
            msg = f"--nodes {min(self.nodes)}: a network has at least 1 node"
            raise StudyError(msg)
        object.__setattr__(self, "coupling", tuple(sorted({0, *self.coupling})))
        object.__setattr__(self, "nodes", tuple(sorted(set(self.nodes))))
