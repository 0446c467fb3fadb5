"""Names, units and labels of what is learned of crystals."""

from difflib import get_close_matches

from cathode.model import PROPERTIES, Property

_OTHERS = {
    known.name: known
    for known in (
        Property(
            "log10_bulk_modulus",
            "log10(GPa)",
            "bulk modulus",
            "Decimal logarithm of the bulk modulus in GPa.",
        ),
        Property(
            "log10_shear_modulus",
            "log10(GPa)",
            "shear modulus",
            "Decimal logarithm of the shear modulus in GPa.",
        ),
        Property("poisson_ratio", "", "Poisson's ratio", "A number without a unit."),
    )
}


def described(name: str) -> Property:
    """The property of that name; one that is not known has no unit."""
    unknown = Property(name, "", name.replace("_", " "), "A property of a folder of crystals.")
    return PROPERTIES.get(name) or _OTHERS.get(name) or unknown


def unit_note(name: str) -> str | None:
    """What to tell of a property that no unit is known of; None of one that is known.

    A CGCNN folder may hold anything, and its property has the name that the user gives it.
    """
    known = [*PROPERTIES, *_OTHERS]
    if name in known:
        return None
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no unit is known of {name!r}: {hint}known are {', '.join(known)}"
