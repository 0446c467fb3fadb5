"""Specs of surrogates."""

from typing import Literal

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


SurrogateSpec = GPSpec
"""Becomes a union discriminated by ``kind`` with the second kind of surrogate."""
