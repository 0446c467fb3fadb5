from cathode.spec import parse_augmentation
from tests.contracts.augmentation import AugmentationContract


class TestOversampling(AugmentationContract):
    spec = parse_augmentation("oversampling")
    draws = False
