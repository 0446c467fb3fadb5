"""Which augmentation a surrogate learns a property with."""

from augment.advice import caution, recommended
from augment.registry import build_augmentation
from cathode.spec import parse_augmentation
from surrogates.cgcnn.surrogate import Chosen


def augmentation_of(wanted: str, property_name: str) -> Chosen:
    """What a word of a spec means for a property.

    Args:
        wanted: ``none``, ``auto`` for what was published to suit the property, which may be
            nothing, or the name of an augmentation.
        property_name: what is learned.

    Raises:
        SpecError: there is no augmentation of that name.
    """
    if wanted == "none":
        return Chosen()
    spec = recommended(property_name) if wanted == "auto" else parse_augmentation(wanted)
    if spec is None:
        return Chosen()
    return Chosen(build_augmentation(spec), caution(spec, property_name) or "")
