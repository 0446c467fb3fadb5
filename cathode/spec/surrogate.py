"""Specs of surrogates."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cathode.spec.base import Spec


class GPSpec(Spec):
    """An exact Gaussian process on descriptors of the composition."""

    kind: Literal["gp"]
    descriptors: Literal["fractions", "elements", "magpie"] = Field(
        "fractions",
        description="fractions themselves, or means and variances of five properties of the "
        "elements, or of Magpie's 22",
    )
    kernel: Literal["matern52", "linear"] = "matern52"
    transfer: Literal["none", "multitask", "ensemble"] = Field(
        "multitask",
        description="what is learned from others. none: nothing. multitask: one model of all, of "
        "cheaper evaluators and of the history. ensemble: a GP of each history beside that of the "
        "results, weighted by how well each ranks the results; of cheaper evaluators nothing",
    )

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


SurrogateSpec = Annotated[GPSpec | GPRNNSpec, Field(discriminator="kind")]
