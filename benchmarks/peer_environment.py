"""The virtual environment in which peers live, apart from the product's own."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from cathode.settings import REPOSITORY

VARIABLE = "CATHODE_PEERS"
REQUIREMENTS = REPOSITORY / "benchmarks" / "peers" / "requirements.txt"


def peers_folder() -> Path:
    """The folder named by ``CATHODE_PEERS``, or ``.peers`` in the repository."""
    return Path(os.environ.get(VARIABLE) or REPOSITORY / ".peers").resolve()


def peers_python(folder: Path | None = None) -> Path:
    """Python of the peers' environment, which is made first where it is missing or outdated.

    Every version is pinned, torch among them, so that all comes from one resolution and no other
    build of torch arrives with gigabytes of libraries for graphics cards. Takes 1.6 GB and some
    minutes, once.

    Raises:
        subprocess.CalledProcessError: pip could not install; its own words are on stderr.
    """
    folder = folder or peers_folder()
    python, ready = folder / "bin" / "python", folder / ".ready"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if ready.exists() and ready.read_text() == digest:
        return python
    print(f"Setting up the peers' environment in {folder}, once", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    # Results alone belong on standard output.
    subprocess.run([python, *install, "-r", REQUIREMENTS], check=True, stdout=sys.stderr)
    subprocess.run([python, "-m", "pip", "check"], check=True, stdout=sys.stderr)
    ready.write_text(digest)
    return python
