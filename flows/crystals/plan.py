"""What is asked of a training."""

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from augment.advice import recommended
from cathode.errors import FitError
from cathode.spec import AugmentationSpec, parse_augmentation
from flows.crystals.models import read_model
from surrogates.cgcnn.network import Sizes
from surrogates.cgcnn.training import TrainingSettings

Lower = Literal["free", "slow", "frozen"]

AUTO, NONE = "auto", "none"

FEWEST_IN_BATCH = 2


@dataclass(frozen=True)
class Plan:
    """What is asked of a training, but for where its files lie.

    Attributes:
        property_name: what is learned.
        ion: the working ion of electrodes, or ``all``.
        members: networks of the ensemble.
        augmentation: makes variants of the crystals that are learned from; None for none.
        copies: variants of each, made before; 0 for a new variant in every epoch.
        split: what is never on two sides: crystals of one composition (``random``), or of one
            framework, which is the composition without the working ion (``framework``).
        validation: share of the crystals that each member leaves out; it tells the best epoch and
            the width of intervals.
        test: share of the crystals that the model is judged by.
        sizes: of the networks; they have two outputs, a value and its noise.
        settings: how each is trained.
        seed: of the split, of first weights, order and variants.
    """

    property_name: str
    ion: str = "Li"
    members: int = 5
    augmentation: AugmentationSpec | None = None
    copies: int = 0
    split: Literal["random", "framework"] = "framework"
    validation: float = 0.1
    test: float = 0.1
    sizes: Sizes = field(default_factory=lambda: Sizes(outputs=2))
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            FitError: with the value and what is allowed.
        """
        whole = {
            "--members": (self.members, 1),
            "--epochs": (self.settings.epochs, 1),
            "--batch": (self.settings.batch, FEWEST_IN_BATCH),
            "--copies": (self.copies, 0),
            "--atom": (self.sizes.atom, 1),
            "--hidden": (self.sizes.hidden, 1),
            "--convolutions": (self.sizes.convolutions, 1),
        }
        for option, (value, least) in whole.items():
            if value < least:
                msg = f"{option} {value}: give a whole number of at least {least}"
                raise FitError(msg)
        if not 0 < self.settings.rate < 1:
            msg = f"--rate {self.settings.rate:g}: give a learning rate above 0 and below 1"
            raise FitError(msg)
        if not (self.validation > 0 and self.test > 0 and self.validation + self.test < 1):
            msg = (
                f"--validation {self.validation:g} and --test {self.test:g}: both must be above 0, "
                "and together below 1, for some crystals to be left to learn from"
            )
            raise FitError(msg)
        if self.copies and self.augmentation is None:
            msg = f"--copies {self.copies}, but no augmentation to make them: name one"
            raise FitError(msg)

    def described(self) -> dict[str, Any]:
        """The same as plain values."""
        own = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name not in ("sizes", "settings", "augmentation")
        }
        name = None if self.augmentation is None else self.augmentation.name
        return {**own, **asdict(self.sizes), **asdict(self.settings), "augmentation": name}


def chosen_augmentation(text: str, property_name: str) -> AugmentationSpec | None:
    """The augmentation that a text names: ``auto`` for what was published to be good, or ``none``.

    Raises:
        SpecError: there is no augmentation of that name.
    """
    if text == AUTO:
        return recommended(property_name)
    return None if text == NONE else parse_augmentation(text)


def chosen_focus(text: str, ion: str) -> int | None:
    """Atomic number of the element whose atoms are read apart, too; 0 for none.

    Args:
        text: symbol of an element, ``none``, or ``auto``: the working ion.
        ion: that of the crystals.

    Returns:
        None where ``auto`` names none.

    Raises:
        FitError: there is no such element.
    """
    from pymatgen.core import Element

    if text == AUTO:
        return Element(ion).Z if Element.is_valid_symbol(ion) else None
    if text == NONE:
        return 0
    if not Element.is_valid_symbol(text):
        msg = f"--focus {text!r}: give the symbol of an element such as Li, auto or none"
        raise FitError(msg)
    return Element(text).Z


def chosen_sizes(
    start: Path | None,
    atom: int | None = None,
    hidden: int | None = None,
    convolutions: int | None = None,
    focus: int | None = None,
) -> Sizes:
    """Sizes as asked for; what is not asked for is as in the model to start from.

    Raises:
        SourceError: that model cannot be read.
        FitError: it has other sizes than asked for.
    """
    own = Sizes(outputs=2)
    if start is not None:
        own = replace(read_model(start).ensemble.members[0].network.sizes, outputs=2)
    asked = {"atom": atom, "hidden": hidden, "convolutions": convolutions, "focus": focus}
    given = {name: value for name, value in asked.items() if value is not None}
    for name, value in given.items():
        if start is not None and value != getattr(own, name):
            msg = (
                f"--{name} {value}: the networks of {str(start)!r} have {getattr(own, name)}: "
                "leave the option out, or start from none"
            )
            raise FitError(msg)
    return replace(own, **given)


def chosen_training(
    start: Path | None, epochs: int, batch: int, rate: float | None, lower: Lower | None
) -> TrainingSettings:
    """Settings as asked for.

    Raises:
        FitError: layers of a model to start from are spoken of, but there is none.
    """
    if lower is not None and start is None:
        msg = f"--lower {lower}: only networks that have learned before have such layers: --start"
        raise FitError(msg)
    usual = TrainingSettings()
    return replace(
        usual,
        epochs=epochs,
        batch=batch,
        rate=usual.rate if rate is None else rate,
        lower=lower or usual.lower,
    )
