"""What BoTorch models of one property have in common."""

import torch
from botorch.models.model import Model


class OneOutputModel(Model):
    """A single model with one output."""

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """None: it is one model."""
        return torch.Size([])


def refuse_other_outputs(output_indices: list[int] | None) -> None:
    """Refuse to answer for outputs there are not.

    Raises:
        ValueError: another output than the first is wanted.
    """
    if output_indices not in (None, [0]):
        msg = f"output_indices={output_indices}: there is one output, [0]"
        raise ValueError(msg)
