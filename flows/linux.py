"""What Linux does with processes whose parent dies."""

import ctypes
import os
import signal

FOLLOW, ADOPT = 1, 36
"""PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of ``prctl(2)``."""


def adopt_orphans() -> None:
    """From now on, whatever this process's descendants leave behind becomes its own child.

    So it finds all of them, those too that went into sessions of their own.
    """
    _prctl(ADOPT, 1)


def follow(parent: int) -> None:
    """Take SIGTERM when the parent dies; to be called between fork and exec.

    SIGINT and SIGTERM get back their meanings: a shell that starts a command in the background
    has SIGINT ignored, and whoever inherits that cannot be stopped by it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _prctl(FOLLOW, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be followed
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")
