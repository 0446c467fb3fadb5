from typing import get_args

from augment.registry import _BUILDERS
from cathode.spec import AugmentationSpec


def test_every_spec_has_an_augmentation():
    assert set(_BUILDERS) == set(get_args(get_args(AugmentationSpec)[0]))


def test_augmentations_do_without_torch():
    """Seen in a process of its own, for other tests have imported it."""
    import subprocess
    import sys

    code = (
        "import sys, augment.registry, augment.advice, augment.copies; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
