"""Training sets with variants beside the originals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cathode.errors import SpecError
from cathode.model import Crystal
from cathode.protocols import Augmentation

VARIANTS = 10
"""Of each crystal; Abenza et al. (2026), section "Datasets"."""


def with_variants(
    crystals: Sequence[Crystal],
    augmentation: Augmentation,
    rng: np.random.Generator,
    n: int = VARIANTS,
) -> tuple[list[Crystal], NDArray[np.intp]]:
    """Each crystal, followed by variants of it.

    For training sets alone, after the split: variants of what a model is judged on say nothing new,
    and variants on both sides of a split leak.

    Args:
        crystals: what is learned from.
        augmentation: makes the variants.
        rng: all that is drawn comes from it.
        n: variants of each.

    Returns:
        Crystals, (n + 1) for each, and the number of the one that each comes from, so that
        ``labels[origins]`` are their labels.

    Raises:
        SpecError: n is negative.
    """
    if n < 0:
        msg = f"{n=} variants of each crystal: it must be 0 (originals alone) or more"
        raise SpecError(msg)
    made = [
        each
        for crystal in crystals
        for each in (crystal, *(augmentation.apply(crystal, rng) for _ in range(n)))
    ]
    return made, np.repeat(np.arange(len(crystals)), n + 1)
