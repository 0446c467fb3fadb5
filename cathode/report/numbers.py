"""How pages and tables write numbers."""

import numpy as np


def short(value: float | None) -> str:
    """A number with four significant digits, a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


def rough(value: float) -> str:
    """A number with two significant digits and without powers of ten, such as 0.000023."""
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")
