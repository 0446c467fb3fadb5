"""Who acts, as the ledger records it."""

import getpass
import socket


def identity() -> str:
    """User and machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
