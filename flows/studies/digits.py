"""Numbers as people read them."""

LEAST_WHOLE, MOST_WHOLE = 1e3, 1e6

NEXT_TO_ONE = 0.9985

MOST_BELOW = 10.0
"""An R² farther below 0 is told by its first digits."""


def digits(value: float | None) -> str:
    """Three digits at least, whole numbers from a thousand to a million, a dash for none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if LEAST_WHOLE <= abs(value) < MOST_WHOLE else f"{value:.3g}"


def share(value: float | None) -> str:
    """A share such as R²: three decimals, four where it is next to 1."""
    if value is None or value < -MOST_BELOW:
        return digits(value)
    return f"{value:.4f}" if value > NEXT_TO_ONE else f"{value:.3f}"
