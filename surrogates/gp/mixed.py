"""The kernel of places with categories: main effects and interactions."""

from typing import Any

import torch
from botorch.sampling.pathwise.features.generators import GenKernelFeatures, gen_kernel_features
from botorch.sampling.pathwise.features.maps import FeatureMap
from gpytorch.kernels import Kernel, MaternKernel
from torch import Size, Tensor


class MixedKernel(Kernel):
    """What ``surrogates.gp.correlations.Mixed`` is, for BoTorch.

    Args:
        joint: of all columns.
        main: of the columns that stand for no category.
        others: these columns.
        categories: the columns that stand for categories; these hold 0 or 1.
        variances: of what differs from place to place, of what all categories share, and of the
            constant of a category.
    """

    def __init__(
        self,
        joint: MaternKernel,
        main: MaternKernel,
        others: list[int],
        categories: list[int],
        variances: tuple[float, float, float],
    ) -> None:
        super().__init__()
        self.joint, self.main = joint, main
        self.others, self.categories = others, categories
        self.variances = variances

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:  # noqa: FBT001, FBT002 - GPyTorch's
        """Covariance of ``... x n`` with ``... x m`` places, or of each with itself."""
        main = self.main.forward(x1[..., self.others], x2[..., self.others], diag=diag, **params)
        one, other = x1[..., self.categories], x2[..., self.categories]
        shared = (one * other).sum(dim=-1) if diag else one @ other.transpose(-1, -2)
        joint: Tensor = self.joint.forward(x1, x2, diag=diag, **params)
        return self.variances[0] * joint + self.variances[1] * main + self.variances[2] * shared


class MixedFeatures(FeatureMap):
    """Features of the parts side by side, from which functions of the whole are drawn."""

    def __init__(self, kernel: MixedKernel, joint: FeatureMap, main: FeatureMap) -> None:
        super().__init__()
        self.kernel, self.joint, self.main = kernel, joint, main
        self.input_transform = self.output_transform = None

    def forward(self, x: Tensor) -> Tensor:
        """Features ``... x n x m`` of places ``... x n x d``."""
        others, categories = x[..., self.kernel.others], x[..., self.kernel.categories]
        parts = (self.joint(x), self.main(others), categories)
        scaled = [v**0.5 * part for v, part in zip(self.kernel.variances, parts, strict=True)]
        return torch.cat(scaled, dim=-1)

    @property
    def num_outputs(self) -> int:
        """How many features there are."""
        return self.joint.num_outputs + self.main.num_outputs + len(self.kernel.categories)

    @property
    def batch_shape(self) -> Size:
        """Of the kernel."""
        return self.kernel.batch_shape


@GenKernelFeatures.register(MixedKernel)
def _features(kernel: MixedKernel, *, num_inputs: int, num_outputs: int) -> MixedFeatures:
    joint = gen_kernel_features(kernel.joint, num_inputs=num_inputs, num_outputs=num_outputs)
    main = gen_kernel_features(kernel.main, num_inputs=len(kernel.others), num_outputs=num_outputs)
    return MixedFeatures(kernel, joint, main)
