"""Specs of augmentations, and the names that stand for them."""

import re
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from cathode.errors import SpecError
from cathode.spec.base import Spec


class LatticeScalingSpec(Spec):
    """The cell grows or shrinks; atoms keep their fractional positions."""

    kind: Literal["lattice_scaling"]
    mode: Literal["isotropic", "anisotropic"] = Field(
        "anisotropic",
        description="all lengths of the cell in the same proportion, or in different ones",
    )
    volume: float = Field(5.0, gt=0, le=50, description="how far the volume goes up or down, in %")

    @property
    def name(self) -> str:
        """How tables call it, such as ``anisotropic-5``."""
        return f"{self.mode}-{_text(self.volume)}"


class PerturbationSpec(Spec):
    """Every atom is displaced."""

    kind: Literal["perturbation"]
    distance: float = Field(0.5, gt=0, le=2, description="longest displacement, in Å")

    @property
    def name(self) -> str:
        """How tables call it; with the distance where it is not 0.5 Å."""
        return _named("perturbation", (self.distance, 0.5))


class TranslationSpec(Spec):
    """A few atoms are displaced."""

    kind: Literal["translation"]
    distance: float = Field(0.5, gt=0, le=2, description="longest displacement, in Å")
    share: float = Field(
        0.3, gt=0, le=1, description="probability of each atom to be displaced; one always is"
    )

    @property
    def name(self) -> str:
        """How tables call it; with distance and share as far as they are not 0.5 Å and 0.3."""
        return _named("translation", (self.distance, 0.5), (self.share, 0.3))


class RotationSpec(Spec):
    """The crystal is turned as a whole."""

    kind: Literal["rotation"]

    @property
    def name(self) -> str:
        """How tables call it."""
        return "rotation"


class SwapAxesSpec(Spec):
    """Atoms swap their fractional coordinates between two axes."""

    kind: Literal["swap_axes"]

    @property
    def name(self) -> str:
        """How tables call it."""
        return "swap-axes"


class OversamplingSpec(Spec):
    """Nothing is changed: what augmentations are compared with."""

    kind: Literal["oversampling"]

    @property
    def name(self) -> str:
        """How tables call it."""
        return "oversampling"


AugmentationSpec = Annotated[
    LatticeScalingSpec
    | PerturbationSpec
    | TranslationSpec
    | RotationSpec
    | SwapAxesSpec
    | OversamplingSpec,
    Field(discriminator="kind"),
]

_NUMBER = r"\d+(?:\.\d+)?(?:e-?\d+)?"

_FORMS = {
    "lattice_scaling": rf"(?P<mode>isotropic|anisotropic)-(?P<volume>{_NUMBER})",
    "perturbation": rf"perturbation(?:-(?P<distance>{_NUMBER}))?",
    "translation": rf"translation(?:-(?P<distance>{_NUMBER})(?:-(?P<share>{_NUMBER}))?)?",
    "rotation": "rotation",
    "swap_axes": "swap-axes",
    "oversampling": "oversampling",
}
"""How the name of each kind is written."""

_KNOWN = (
    "isotropic-V and anisotropic-V (V: percent of the volume), perturbation and perturbation-D "
    "(D: distance in Å), translation, translation-D and translation-D-S (S: share of atoms), "
    "rotation, swap-axes, oversampling"
)

_ADAPTER: TypeAdapter[AugmentationSpec] = TypeAdapter(AugmentationSpec)


def parse_augmentation(text: str) -> AugmentationSpec:
    """The spec that a name such as ``anisotropic-5`` or ``perturbation-0.2`` stands for.

    Raises:
        SpecError: there is no augmentation of that name, or a number in it cannot be.
    """
    for kind, form in _FORMS.items():
        if found := re.fullmatch(form, text, re.ASCII):
            given = {key: value for key, value in found.groupdict().items() if value is not None}
            try:
                return _ADAPTER.validate_python({"kind": kind, **given})
            except ValidationError as error:
                wrong = error.errors(include_url=False)[0]
                msg = f"augmentation {text!r}: {wrong['loc'][-1]}={wrong['input']}: "
                msg += f"{wrong['msg'][0].lower()}{wrong['msg'][1:]}"
                raise SpecError(msg) from error
    msg = f"unknown augmentation {text!r}: known are {_KNOWN}"
    raise SpecError(msg)


def _text(value: float) -> str:
    """The shortest text that reads as that number."""
    return repr(float(value)).removesuffix(".0")


def _named(word: str, *parameters: tuple[float, float]) -> str:
    """A word and the values of its parameters, up to the last that is not its default."""
    last = max((i for i, (value, usual) in enumerate(parameters, 1) if value != usual), default=0)
    return "-".join([word, *(_text(value) for value, _ in parameters[:last])])
