"""How pages and tables write numbers."""


def short(value: float | None) -> str:
    """A number with four significant digits, a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"
