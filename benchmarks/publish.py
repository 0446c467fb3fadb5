"""Print a benchmark's table and keep it as JSON beside everything else the platform writes."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cathode.settings import Settings

WIDTH = 140


def publish(
    name: str,
    title: str,
    rows: Sequence[dict[str, Any]],
    *,
    folder: Path | None = None,
    **more: Any,
) -> Path:
    """Print rows as a table and write them as ``NAME.json`` into a folder.

    Args:
        name: name of the benchmark.
        title: head of the table.
        rows: one dict per row, all with the same keys; units belong into the keys.
        folder: where to; ``benchmarks`` in the home if None.
        more: what else belongs into the file.
    """
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()))
    Console(width=WIDTH).print(table)
    machine = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "torch": version("torch"),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    file = (folder or Settings.from_environment().home / "benchmarks") / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"benchmark": name, "rows": rows, **more, "machine": machine}
    file.write_text(json.dumps(content, indent=2, default=str) + "\n")
    print(f"Written: {file}")
    return file
