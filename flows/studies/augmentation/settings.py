"""What a study compares, and how its networks are trained."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from augment.published import IMPROVEMENT
from cathode.errors import SpecError, StudyError
from cathode.spec import LatticeScalingSpec, parse_augmentation

BASELINE = "oversampling"
"""What every other method is compared with."""

PLAIN = "none"
"""The training set as it is."""

Mode = Literal["copies", "on_the_fly"]
SplitKind = Literal["random", "framework"]

MODES: tuple[Mode, ...] = ("copies", "on_the_fly")
SPLITS: tuple[SplitKind, ...] = ("random", "framework")

TUNABLE = ("anisotropic", "isotropic")
"""Augmentations whose magnitude can be tuned: the modes of lattice scaling."""

TUNED = "tuned"
"""Ends the name of what was tuned, such as ``anisotropic-tuned``."""


@dataclass(frozen=True)
class Network:
    """Sizes and training of a network, as :class:`surrogates.cgcnn.network.Sizes` has them.

    Attributes:
        atom: entries of an atom's vector.
        hidden: entries of a crystal's vector.
        convolutions: how many.
        batch: crystals in a batch.
        rate: greatest learning rate.
    """

    atom: int = 64
    hidden: int = 128
    convolutions: int = 3
    batch: int = 64
    rate: float = 5e-3


@dataclass(frozen=True)
class Profile:
    """What a study does where nothing else is asked for.

    Attributes:
        mode: how variants are made.
        epochs: passes over the training set, at most.
        replicates: splits of each kind.
        methods: what is compared.
        properties: what is predicted, as far as the data have it; all of the paper if empty.
        network: what learns.
    """

    mode: Mode
    epochs: int
    replicates: int
    methods: tuple[str, ...]
    properties: tuple[str, ...]
    network: Network


PROFILES = {
    "quick": Profile(
        "on_the_fly",
        30,
        2,
        (BASELINE, "anisotropic-5", "isotropic-5", "perturbation"),
        ("average_voltage",),
        Network(),
    ),
    "paper": Profile("copies", 30, 3, (PLAIN, BASELINE, *IMPROVEMENT), (), Network()),
}


@dataclass(frozen=True)
class StudySettings:
    """What is compared.

    Attributes:
        methods: names of augmentations, and ``none``; oversampling is always the first.
        replicates: splits of each kind, each with transformations and a training of its own.
        mode: ``copies``: ten variants of each training crystal beside it, as published;
            ``on_the_fly``: a new variant in place of each crystal in every epoch.
        splits: kinds of splits.
        epochs: passes over the training set, at most.
        network: what learns.
        tune: which lattice scaling's volume to tune; none if None.
        trials: volumes that are tried.
        seed: of splits, variants, weights and trials.
    """

    methods: tuple[str, ...]
    replicates: int = 3
    mode: Mode = "on_the_fly"
    splits: tuple[SplitKind, ...] = SPLITS
    epochs: int = 30
    network: Network = Network()
    tune: str | None = None
    trials: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            StudyError: a name is unknown, or a number is out of its range.
        """
        for option, number in (
            ("--replicates", self.replicates),
            ("--epochs", self.epochs),
            ("--trials", self.trials),
        ):
            if number < 1:
                msg = f"{option} {number}: give at least 1"
                raise StudyError(msg)
        _among("--mode", [self.mode], MODES)
        _among("--split", self.splits, SPLITS)
        if self.tune is not None:
            _among("--tune", [self.tune], TUNABLE)
        named = [_method(name) for name in self.methods]
        kept = [name for name in dict.fromkeys(named) if name != BASELINE]
        object.__setattr__(self, "methods", (BASELINE, *kept))
        object.__setattr__(self, "splits", tuple(s for s in SPLITS if s in self.splits))

    @property
    def plain_is_baseline(self) -> bool:
        """Whether ``none`` is the same training as oversampling, since both leave all as it is."""
        return PLAIN in self.methods and self.mode == "on_the_fly"

    @property
    def trained(self) -> tuple[str, ...]:
        """The methods that are trained by name."""
        if self.plain_is_baseline:
            return tuple(name for name in self.methods if name != PLAIN)
        return self.methods

    @property
    def tuned(self) -> str | None:
        """How the tuned method is called."""
        return f"{self.tune}-{TUNED}" if self.tune is not None else None

    @property
    def compared(self) -> tuple[str, ...]:
        """All methods, the tuned one last."""
        return (*self.trained, *([self.tuned] if self.tuned else []))

    def deciding(self) -> dict[str, Any]:
        """What each single result depends on, ready for JSON.

        Methods, replicates and kinds of splits can be added to a study later.
        """
        return {
            "mode": self.mode,
            "epochs": self.epochs,
            "network": asdict(self.network),
            "seed": self.seed,
        }


def scaling(mode: str, volume: float) -> str:
    """The name of a lattice scaling with a volume in %, rounded to what tuning tells apart."""
    volume = round(volume, 2)
    return LatticeScalingSpec(kind="lattice_scaling", mode=mode, volume=volume).name


def _method(name: str) -> str:
    if name == PLAIN:
        return name
    try:
        return parse_augmentation(name).name
    except SpecError as error:
        msg = f"--methods: {error}; or none, the training set as it is"
        raise StudyError(msg) from error


def _among(option: str, given: Sequence[str], known: Sequence[str]) -> None:
    for each in given:
        if each not in known:
            msg = f"{option} {each!r}: known are {', '.join(known)}"
            raise StudyError(msg)
    if not given:
        msg = f"{option}: give at least one of {', '.join(known)}"
        raise StudyError(msg)
