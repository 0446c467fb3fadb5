"""Specs of surrogates."""

from typing import Annotated, Literal

from pydantic import Field

from cathode.spec.base import Spec


class GPSpec(Spec):
    """An exact Gaussian process on descriptors of the composition."""

    kind: Literal["gp"]
    descriptors: Literal["fractions", "elements"] = Field(
        "fractions",
        description="fractions themselves, or means and variances of element properties",
    )
    kernel: Literal["matern52", "linear"] = "matern52"

    @property
    def name(self) -> str:
        """How tables and the ledger call it."""
        return f"{self.kind}-{self.descriptors}-{self.kernel}"


class GPRNNSpec(Spec):
    """A sum of functions of one variable each, of the coordinates and of sums that couple them."""

    kind: Literal["gpr_nn"]
    descriptors: Literal["fractions", "elements"] = Field(
        "fractions",
        description="fractions themselves, or means and variances of element properties",
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


SurrogateSpec = Annotated[GPSpec | GPRNNSpec, Field(discriminator="kind")]
