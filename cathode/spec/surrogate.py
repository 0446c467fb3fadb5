"""Specs of surrogates."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from cathode.errors import SpecError
from cathode.spec.augmentation import parse_augmentation
from cathode.spec.base import Spec

Digest = Annotated[
    str | None,
    Field(
        description="hash of the content of the pretrained file: filled in where the spec is read, "
        "so that an exchanged file is a changed spec; write it down where no other file will do"
    ),
]


class GPSpec(Spec):
    """An exact Gaussian process on descriptors of the composition."""

    kind: Literal["gp"]
    descriptors: Literal["fractions", "elements", "magpie", "cgcnn"] = Field(
        "fractions",
        description="fractions themselves, means and variances of five properties of the "
        "elements, or of Magpie's 22, or what a crystal graph network makes of crystals",
    )
    pretrained: Path | None = Field(
        None,
        description="file of a network of `cathode cgcnn train`, relative to the spec's folder; "
        "with descriptors: cgcnn",
    )
    pretrained_digest: Digest = None
    kernel: Literal["matern52", "linear"] = "matern52"
    transfer: Literal["none", "multitask", "ensemble"] = Field(
        "multitask",
        description="what is learned from others. none: nothing. multitask: one model of all, of "
        "cheaper evaluators and of the history. ensemble: a GP of each history beside that of the "
        "results, weighted by how well each ranks the results; of cheaper evaluators nothing",
    )

    @model_validator(mode="after")
    def _a_network_goes_with_its_descriptors(self) -> "GPSpec":
        if (self.descriptors == "cgcnn") != (self.pretrained is not None):
            msg = f"descriptors={self.descriptors!r} with pretrained={_text(self.pretrained)}: "
            raise ValueError(msg + "descriptors 'cgcnn' need a network, and no others take one")
        _refuse_digest_of_nothing(self)
        return self

    @model_validator(mode="after")
    def _lines_learn_from_results_alone(self) -> "GPSpec":
        if self.kernel == "linear" and self.transfer == "ensemble":
            msg = "transfer='ensemble' with kernel='linear', which learns from results alone: "
            raise ValueError(msg + "leave transfer out, or use kernel: matern52")
        return self

    @property
    def name(self) -> str:
        """How tables and the ledger call it."""
        others = {"none": "-alone", "multitask": "", "ensemble": "-ensemble"}[self.transfer]
        return f"{self.kind}-{self.descriptors}-{self.kernel}{others}"

    @property
    def learns_from_history(self) -> bool:
        """Whether earlier campaigns teach it anything."""
        return self.kernel != "linear" and self.transfer != "none"

    @property
    def learns_from_cheaper(self) -> bool:
        """Whether cheaper evaluators teach it anything."""
        return self.kernel != "linear" and self.transfer == "multitask"

    @property
    def looks_at_crystals(self) -> bool:
        """Whether every candidate needs a crystal."""
        return self.descriptors == "cgcnn"


class GPRNNSpec(Spec):
    """A sum of functions of one variable each, of the coordinates and of sums that couple them."""

    kind: Literal["gpr_nn"]
    descriptors: Literal["fractions", "elements", "magpie"] = Field(
        "fractions",
        description="fractions themselves, or means and variances of five properties of the "
        "elements, or of Magpie's 22",
    )
    coupling: Literal["auto"] | Annotated[int, Field(ge=0, le=1000)] = Field(
        "auto",
        description="terms that couple coordinates, beside one for each; auto: as many of 0, 10, "
        "30 and 100 as the data ask for",
    )
    selection: Literal["likelihood", "scan"] = Field(
        "likelihood",
        description="length scale and noise: the most probable ones, or those whose test R2 over "
        "random splits is high and steady",
    )

    @property
    def name(self) -> str:
        """How tables and the ledger call it."""
        coupling = "" if self.coupling == "auto" else f"-{self.coupling}"
        scan = "-scan" if self.selection == "scan" else ""
        return f"{self.kind}-{self.descriptors}{coupling}{scan}"

    @property
    def learns_from_history(self) -> bool:
        """It learns from results alone."""
        return False

    @property
    def learns_from_cheaper(self) -> bool:
        """The same."""
        return False

    @property
    def looks_at_crystals(self) -> bool:
        """It looks at coordinates."""
        return False


class CGCNNSpec(Spec):
    """An ensemble of crystal graph networks; crystals are all they see."""

    kind: Literal["cgcnn"]
    members: int = Field(
        5, ge=1, le=20, description="networks, whose differences tell what is not known"
    )
    epochs: int = Field(60, ge=1, le=10_000, description="passes over the data, at most")
    augmentation: str = Field(
        "auto",
        description="variants of crystals to learn from, made anew in every epoch: a name such as "
        "anisotropic-5; none; or auto, which is what was published to suit the property",
    )
    pretrained: Path | None = Field(
        None,
        description="file of networks of `cathode cgcnn train` to go on from, relative to the "
        "spec's folder",
    )
    pretrained_digest: Digest = None
    lower: Literal["free", "slow", "frozen"] = Field(
        "free",
        description="embedding and convolutions of pretrained networks: learn as all others, at "
        "a tenth of the rate, or not at all",
    )
    atom: int = Field(64, ge=1, le=1024, description="entries of an atom's vector")
    hidden: int = Field(128, ge=1, le=4096, description="entries of a crystal's vector")
    convolutions: int = Field(3, ge=1, le=10, description="rounds in which atoms hear of others")
    focus: str | None = Field(
        None,
        description="symbol of an element whose atoms are read apart, too, such as the mobile ion",
    )

    @field_validator("focus")
    @classmethod
    def _focus_is_an_element(cls, symbol: str | None) -> str | None:
        from pymatgen.core import Element  # it loads slowly, and most specs name none

        if symbol is not None and not Element.is_valid_symbol(symbol):
            msg = f"{symbol!r} is no element: give its symbol, such as Li, or leave focus out"
            raise ValueError(msg)
        return symbol

    @model_validator(mode="after")
    def _augmentation_is_known(self) -> "CGCNNSpec":
        if self.augmentation not in ("auto", "none"):
            try:
                parse_augmentation(self.augmentation)
            except SpecError as error:
                msg = f"{error}; none and auto serve, too"
                raise ValueError(msg) from error
        return self

    @model_validator(mode="after")
    def _lower_layers_are_of_something(self) -> "CGCNNSpec":
        if self.lower != "free" and self.pretrained is None:
            msg = f"lower={self.lower!r} without pretrained: new networks have all to learn; give "
            raise ValueError(msg + "a file of pretrained networks, or leave lower out")
        return self

    @model_validator(mode="after")
    def _pretrained_networks_have_their_sizes(self) -> "CGCNNSpec":
        sizes = ("atom", "hidden", "convolutions", "focus")
        if self.pretrained is not None:
            for name in sizes:
                if getattr(self, name) != type(self).model_fields[name].default:
                    msg = f"{name}={getattr(self, name)} with pretrained: its networks have their "
                    raise ValueError(msg + f"own sizes; leave {', '.join(sizes)} out")
        _refuse_digest_of_nothing(self)
        return self

    @property
    def name(self) -> str:
        """How tables and the ledger call it."""
        augmentation = "" if self.augmentation == "auto" else f"-{self.augmentation}"
        lower = "" if self.lower == "free" else f"-{self.lower}"
        pretrained = "" if self.pretrained is None else f"-pretrained{lower}"
        focus = "" if self.focus is None else f"-{self.focus}"
        return f"{self.kind}{augmentation}{pretrained}{focus}"

    @property
    def learns_from_history(self) -> bool:
        """It learns from results alone."""
        return False

    @property
    def learns_from_cheaper(self) -> bool:
        """The same."""
        return False

    @property
    def looks_at_crystals(self) -> bool:
        """At nothing else."""
        return True


def _refuse_digest_of_nothing(spec: GPSpec | CGCNNSpec) -> None:
    if spec.pretrained is None and spec.pretrained_digest is not None:
        msg = f"pretrained_digest={spec.pretrained_digest!r} without pretrained: name the file of "
        raise ValueError(msg + "networks, too, or leave it out")


def _text(path: Path | None) -> str:
    return "none" if path is None else repr(str(path))


SurrogateSpec = Annotated[GPSpec | GPRNNSpec | CGCNNSpec, Field(discriminator="kind")]
