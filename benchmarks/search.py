"""Does the loop find better candidates than random proposals? On the real potential, many seeds.

Answers the space of ``campaigns/layered_oxide.yaml``, with at most so many dopants, by CHGNet once
(an estimated 20 minutes for one dopant, 50 for two, on two cores; kept in the cache of the home, so
a stopped run continues), then replays the campaign with each proposer and many seeds against these
answers.
All proposers start from the same initial design of a seed. What counts is the share of the
hypervolume that the whole space holds.
"""

import argparse
import csv
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from benchmarks.publish import publish
from cathode.evaluation.outcomes import Outcome
from cathode.evaluation.progress import dominated_volume, reference_of
from cathode.ledger import Ledger, campaigns
from cathode.loop import next_turn, run_turn
from cathode.loop.observations import observe
from cathode.model import Candidate, Measurement, Status
from cathode.physics.prototypes import MIXING_SITE
from cathode.settings import REPOSITORY, Settings
from cathode.space import SearchSpace
from cathode.spec import (
    BayesianSpec,
    Budget,
    CampaignSpec,
    GPSpec,
    RandomSpec,
    SobolSpec,
    TableSpec,
    load_spec,
)
from flows.wiring import wire
from flows.workers import WorkerPool

PROPOSERS = {
    "bayesian": BayesianSpec(),
    "sobol": SobolSpec(kind="sobol"),
    "random": RandomSpec(kind="random"),
}
Answered = dict[Candidate, list[Measurement]]

UNUSED = (GPSpec(kind="gp", kernel="linear"),)
"""Proposers that look at no surrogate need none that takes long."""


def answer_all(spec: CampaignSpec, space: SearchSpace) -> Answered:
    """The evaluator's answers to the whole space."""
    settings = Settings.from_environment()
    pool = WorkerPool(spec, settings)
    everything = list(space)
    try:
        with ThreadPoolExecutor(settings.workers) as threads:
            answers = threads.map(pool.evaluate, everything)
            shown = track(answers, "answering the whole space", total=len(everything))
            return dict(zip(everything, map(list, shown), strict=True))
    finally:
        pool.close()


def write_table(spec: CampaignSpec, answers: Answered, file: Path) -> None:
    """Write answers as the table evaluator reads them; an empty cell is a failure."""
    elements = sorted({e for candidate in answers for e in candidate.on_site(MIXING_SITE)})
    names = spec.modelled
    units = [spec.property_named(name).unit for name in names]
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        heads = [f"{name} ({unit})" for name, unit in zip(names, units, strict=True)]
        writer.writerow([*elements, *heads])
        for candidate, measured in answers.items():
            values = {m.property: m.value for m in measured if m.status is Status.OK}
            fractions = candidate.on_site(MIXING_SITE)
            writer.writerow(
                [
                    *(float(fractions.get(e, 0)) for e in elements),
                    *(values.get(n, "") for n in names),
                ]
            )


def replay(spec: CampaignSpec, folder: Path) -> list[Outcome]:
    """Run a campaign to its end on a ledger of its own."""
    ledger = Ledger.open(f"sqlite:///{folder}/{spec.proposer.kind}-{spec.seed}.db", create=True)
    with ledger.write() as connection:
        revision = campaigns.register(connection, spec, "benchmark")
    loop = wire(ledger, Settings.at(folder), spec, revision)
    while (turn := next_turn(loop)) is not None:
        run_turn(loop, turn)
    found = observe(ledger, spec.name).outcomes
    ledger.close()
    return found


def reached(spec: CampaignSpec, found: list[Outcome], whole: list[Outcome]) -> list[float]:
    """Share of the space's hypervolume reached after each turn (%)."""
    reference = reference_of(found, spec)
    possible = dominated_volume(whole, spec, reference)
    turns = {outcome.turn for outcome in found if outcome.turn is not None}
    so_far = [[o for o in found if o.turn is not None and o.turn <= turn] for turn in sorted(turns)]
    return [100 * dominated_volume(known, spec, reference) / possible for known in so_far]


def outcomes_of(answers: Answered) -> list[Outcome]:
    """The whole space as outcomes."""
    return [
        Outcome(
            candidate,
            None,
            {m.property: m.value for m in measured if m.value is not None},
            {m.property: f"{m.cause}" for m in measured if m.status is Status.FAILED},
        )
        for candidate, measured in answers.items()
    ]


def with_dopants(spec: CampaignSpec, count: int) -> CampaignSpec:
    """The campaign with at most so many dopants in a candidate."""
    site = spec.space.sites[MIXING_SITE]
    limits = tuple(limit.model_copy(update={"count": count}) for limit in site.at_most)
    sites = {MIXING_SITE: site.model_copy(update={"at_most": limits})}
    return spec.model_copy(update={"space": spec.space.model_copy(update={"sites": sites})})


def main(seeds: int, turns: int, dopants: int) -> None:
    """Answer, replay, print."""
    spec = with_dopants(load_spec(REPOSITORY / "campaigns" / "layered_oxide.yaml"), dopants)
    answers = answer_all(spec, SearchSpace.from_spec(spec.space))
    whole = outcomes_of(answers)
    rows, shares = [], {}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "answers.csv"
        write_table(spec, answers, table)
        for name, proposer in PROPOSERS.items():
            found = []
            for seed in track(range(seeds), name):
                changed = spec.model_copy(
                    update={
                        "seed": seed,
                        "proposer": proposer,
                        "evaluator": TableSpec(kind="table", path=table),
                        "budget": Budget(turns=turns),
                        "surrogates": spec.surrogates if name == "bayesian" else UNUSED,
                    }
                )
                found.append(reached(changed, replay(changed, Path(folder)), whole))
            shares[name] = found
            mean, spread = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
            numbers = [spec.initial + spec.batch * turn for turn in range(turns + 1)]
            rows.append(
                {"proposer": name}
                | {
                    f"{n} candidates": f"{m:.0f} ± {s:.0f}"
                    for n, m, s in zip(numbers, mean, spread, strict=True)
                }
            )
    counting = sum(outcome.counts(spec) for outcome in whole)
    failed = sum(bool(outcome.failures) for outcome in whole)
    title = (
        f"Share of the space's hypervolume (%), mean ± standard deviation over {seeds} seeds; "
        f"{len(whole)} candidates, {counting} keep all constraints, {failed} failed"
    )
    publish("search", title, rows, shares=shares, seeds=seeds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--dopants", type=int, choices=(1, 2), default=2)
    chosen = parser.parse_args()
    main(chosen.seeds, chosen.turns, chosen.dopants)
