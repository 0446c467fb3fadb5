"""The product beside BayBE, Ax and plain BoTorch: skill on published tables, cost of a proposal.

Skill: replays of ``cathode backtest`` (two random rows that all methods share per seed, then a row
a turn until the best twentieth is found); every method gets the same tables and the same starts.
Cost: time and peak memory of one proposal, each in a process of its own. All run on one thread.
Peers live in an environment of their own (``benchmarks/peer_environment.py``), made on first use.
Finished replays are kept: a stopped benchmark goes on where it was.
"""

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from benchmarks.peer_costs import costs
from benchmarks.peer_environment import peers_python
from benchmarks.peer_skill import PEERS, TABLES, skill
from benchmarks.publish import publish

BATCHES = {"BoTorch": "botorch_batch", "Ax": "ax_batch", "BayBE": "baybe_batch"}


def main(parts: list[str], peers: list[str], tables: list[str], seeds: int) -> list[Path]:
    """Measure, print and write; returns the files written."""
    # The product's own processes have one thread each; so has everything else here.
    os.environ["OMP_NUM_THREADS"] = "1"
    python = peers_python() if peers else None
    written = []
    if "skill" in parts:
        rows, details = skill(tables, peers, seeds, python)
        title = f"Experiments until 80 % of the best twentieth is found; seeds 0 to {seeds - 1}"
        if rows:
            written.append(publish("proposers_skill", title, rows, details=details))
    if "cost" in parts:
        both = [name for name in peers if name in BATCHES]
        known = {name: (PEERS[name].command(python), BATCHES[name]) for name in both}
        title = (
            "One proposal on one thread: a row of a table, or a batch of 4 after 50 observations"
        )
        written.append(publish("proposers_cost", title, costs(known, python)))
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--peers", nargs="*", choices=list(PEERS), help="compare with these, all if none is named"
    )
    parser.add_argument("--seeds", type=int, default=24, help="replays of each, seeds 0, 1, ...")
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--parts", nargs="+", choices=("skill", "cost"), default=["skill", "cost"])
    parser.add_argument("--json", action="store_true", help="print the files written instead")
    asked = parser.parse_args()
    named = [] if asked.peers is None else asked.peers or list(PEERS)
    with redirect_stdout(sys.stderr if asked.json else sys.stdout):
        files = main(asked.parts, named, asked.tables, asked.seeds)
    if asked.json:
        print("[" + ",\n".join(file.read_text() for file in files) + "]")
