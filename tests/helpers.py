"""What tests build their worlds from."""

import csv
import itertools
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import yaml


def layered(**changes: Any) -> dict[str, Any]:
    """A small campaign over Li(Ni,Mn,Co)O2 in steps of 0.1, as plain data; answered by a table."""
    content: dict[str, Any] = {
        "name": "small",
        "seed": 3,
        "space": {
            "prototype": "layered",
            "sites": {
                "M": {"step": 0.1, "fractions": {"Ni": {}, "Mn": {"max": 0.6}, "Co": {"max": 0.4}}}
            },
        },
        "objectives": [{"property": "specific_energy", "goal": "max"}],
        "constraints": [{"property": "volume_change", "min": -6, "max": 6}],
        "evaluator": {"kind": "table", "path": "table.csv"},
        # The quickest to fit; what is tested with it does not depend on how good it is.
        "surrogates": [{"kind": "gp", "kernel": "linear"}],
        "folds": 3,
        "initial": 5,
        "batch": 2,
        "budget": {"turns": 2},
    }
    return content | changes


def truth(ni: float, mn: float, co: float) -> dict[str, float]:
    """A smooth made-up world for tests of the loop; its best is inside the space."""
    energy = 700 + 250 * ni - 180 * (ni - 0.7) ** 2 + 90 * co - 40 * mn + 30 * np.sin(9 * mn)
    return {"specific_energy": energy, "volume_change": -2 - 6 * ni**2 + 4 * mn}


def campaign_in(folder: Path, **changes: Any) -> Path:
    """Write a small campaign and its table into a folder and return the spec's path."""
    content = layered(**changes)
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Ni", "Mn", "Co", "specific_energy (Wh/kg)", "volume_change (%)"])
        for mn, co in itertools.product(range(7), range(5)):
            x = np.array([10 - mn - co, mn, co]) / 10
            if x[0] < 0:
                continue
            # One corner of the world cannot be made, and says so.
            hole = mn == 6 and co == 4
            writer.writerow([*x.round(1), *(["", ""] if hole else truth(*x).values())])
    path = folder / f"{content['name']}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_databases = itertools.count()


def fresh_database(server: str) -> str:
    """A new empty database on a PostgreSQL server."""
    from sqlalchemy import create_engine, text

    name = f"test_{os.getpid()}_{next(_databases)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"
