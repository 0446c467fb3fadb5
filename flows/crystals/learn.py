"""Learn a property of a folder of crystals, from reading it to a model that has been judged."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from augment.registry import build_augmentation
from cathode.errors import FitError
from cathode.files import digest_of
from cathode.model import Crystal, HeldOut
from cathode.settings import Settings
from flows.crystals.learned import ENTRY, Learned
from flows.crystals.loading import Loaded, ion_note, load
from flows.crystals.members import Tell, Work, best_at_the_end, lost_variants, train_members
from flows.crystals.models import read_model
from flows.crystals.outputs import beside, write_pictures, write_predictions
from flows.crystals.parts import check_output, folder_of, keeping
from flows.crystals.plan import Plan
from flows.crystals.properties import described, unit_note
from flows.crystals.scores import MODEL, Values, baselines, scored
from flows.crystals.splitting import Rows, Split, groups_of, split_groups
from flows.crystals.verdict import comparisons, verdict
from surrogates.cgcnn.ensemble import Ensemble
from surrogates.cgcnn.model_file import CGCNNModel, save_model
from surrogates.cgcnn.trained import Labelled

FEWEST = 20
"""Crystals below which there is nothing to judge a model by."""


@dataclass(frozen=True)
class Place:
    """Where a training's files lie.

    Attributes:
        folder: of the crystals.
        model: file to write.
        start: model whose networks to go on from.
        fresh: whether to give up what is kept of another training.
    """

    folder: Path
    model: Path
    start: Path | None = None
    fresh: bool = False


def learn(
    place: Place,
    plan: Plan,
    settings: Settings,
    tell: Tell | None = None,
    remark: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train an ensemble, make its intervals as wide as they must be, judge it, and write it.

    Returns:
        What came of it, ready for JSON.

    Raises:
        CathodeError: something asked for cannot be; nothing is written then.
    """
    check_output(place.model, fresh=place.fresh)
    job = _job(place, plan, settings)
    remark = remark or (lambda _: None)
    for note in job.notes:
        remark(note)
    start = None if place.start is None else digest_of(place.start)
    asked = job.asked | {"data": _digest(job.loaded), "start": start}
    folder = folder_of(place.model)
    with keeping(folder, asked, fresh=place.fresh):
        members = train_members(_work(job), plan.members, folder, settings.workers, tell)
        if lost := lost_variants(folder, plan.members):
            remark(f"{lost} variants have an atom without neighbours: left out")
        if late := best_at_the_end(folder, plan.members, plan.settings.epochs):
            remark(
                f"{late} of {plan.members} networks were best at their last epoch "
                f"({plan.settings.epochs}): more --epochs might make them better"
            )
        left_out = job.split.folds
        ensemble = Ensemble(members).recalibrated(
            [job.known.take(rows) for rows in left_out], [job.groups_of(rows) for rows in left_out]
        )
        return _judged(job, ensemble)


@dataclass(frozen=True, eq=False)
class _Job:
    """What is learned from, and judged by.

    Attributes:
        place: where files lie.
        plan: what is asked.
        loaded: the crystals.
        groups: what each is never to be parted from.
        split: the parts.
        before: what the networks to start from have learned from.
    """

    place: Place
    plan: Plan
    loaded: Loaded
    groups: tuple[str, ...]
    split: Split
    before: Learned

    @property
    def y(self) -> Values:
        """The values, shape (n,)."""
        return self.loaded.table.of(self.plan.property_name)

    def crystals(self, rows: Rows) -> list[Crystal]:
        """Some of the crystals."""
        return [self.loaded.table.crystals[row] for row in rows]

    def groups_of(self, rows: Rows) -> tuple[str, ...]:
        """Their groups."""
        return tuple(self.groups[row] for row in rows)

    @property
    def known(self) -> Labelled:
        """All crystals with their values."""
        return Labelled(self.loaded.graphs, self.y)

    @property
    def asked(self) -> dict[str, Any]:
        """The plan, without an ion where there is none."""
        electrodes = any(self.loaded.table.ions)
        return self.plan.described() | ({} if electrodes else {"ion": None})

    @property
    def start_has_learned(self) -> dict[str, Any] | None:
        """How many of the test crystals the model to start from has learned from."""
        if self.place.start is None:
            return None
        return self.before.count(self.plan.property_name, self.crystals(self.split.test))

    @property
    def notes(self) -> list[str]:
        """What is worth knowing before hours are spent."""
        name, start = self.plan.property_name, self.place.start
        tested, unit = self.crystals(self.split.test), unit_note(name)
        notes = [] if start is None else self.before.notes(str(start), name, tested)
        return [*filter(None, (unit, ion_note(self.loaded.table))), *notes]


def _job(place: Place, plan: Plan, settings: Settings) -> _Job:
    """Read the crystals and split them.

    Raises:
        CathodeError: something cannot be read, or there is too little of it.
    """
    loaded = load(place.folder, plan.property_name, plan.ion, settings)
    if len(loaded) < FEWEST:
        refused = f"; {len(loaded.table.refused)} more cannot be used" * bool(loaded.table.refused)
        msg = (
            f"{place.folder}: {plan.property_name} is known of {len(loaded)} crystals that can be "
            f"used{refused}: to learn and to judge takes {FEWEST} at least"
        )
        raise FitError(msg)
    groups = groups_of(loaded.table, plan.split)
    split = split_groups(groups, plan.validation, plan.test, plan.seed)
    before = Learned({}) if place.start is None else Learned.by(read_model(place.start))
    return _Job(place, plan, loaded, groups, split, before)


def _work(job: _Job) -> Work:
    """What members learn."""
    plan, split = job.plan, job.split
    place = {row: number for number, row in enumerate(split.learned.tolist())}
    lessons = [
        tuple(np.array([place[row] for row in rows.tolist()]) for rows in split.lesson(member))
        for member in range(len(split.folds))
    ]
    return Work(
        plan.property_name,
        job.known.take(split.learned),
        lessons,  # type: ignore[arg-type]  # pairs
        plan.sizes,
        plan.settings,
        plan.seed,
        build_augmentation(plan.augmentation) if plan.augmentation else None,
        plan.copies,
        job.place.start,
    )


def _judged(job: _Job, ensemble: Ensemble) -> dict[str, Any]:
    """Score the test part, and write all files, the model last."""
    place, table, split = job.place, job.loaded.table, job.split
    prop, y = described(job.plan.property_name), job.y
    found = ensemble.predict([job.loaded.graphs[row] for row in split.test])
    names = [table.names[row] for row in split.test]
    held_out = HeldOut(y[split.test], found, tuple(names))
    # What a baseline has seen is all that the ensemble has.
    seen = job.crystals(split.learned)
    others = baselines(seen, y[split.learned], job.crystals(split.test))
    scores = {MODEL: scored(held_out)} | {
        name: scored(replace(held_out, prediction=each)) for name, each in others.items()
    }
    against = comparisons(held_out.y, found, others, job.groups_of(split.test))
    files = write_pictures(place.model, prop, held_out)
    file = beside(place.model, "predictions.csv")
    measured = held_out.y.tolist()
    files.append(write_predictions(file, prop, names, found, intervals=True, measured=measured))
    about: dict[str, Any] = {
        "unit": prop.unit,
        "source": table.source,
        "asked": job.asked,
        "crystals": {"learned": len(split.learned), "left_out_by_each": len(split.folds[0])},
        "test": {"crystals": len(split.test), "scores": scores[MODEL]},
        "start": str(place.start) if place.start is not None else None,
        ENTRY: job.before.and_of(prop.name, seen).content(),
        "cathode": version("cathode"),
    }
    save_model(place.model, CGCNNModel(ensemble, prop.name, about))
    return {
        "model": str(place.model),
        "property": prop.name,
        "unit": prop.unit,
        "crystals": {**about["crystals"], "test": len(split.test)},
        "refused": dict(table.refused),
        "left_out": dict(table.left_out),
        "asked": job.asked,
        "widening": ensemble.widening,
        "scores": scores,
        "against": against,
        "verdict": verdict(against, prop.unit),
        "start_has_learned": job.start_has_learned,
        "notes": job.notes,
        "files": [str(place.model), *map(str, files)],
    }


def _digest(loaded: Loaded) -> str:
    """A hash of names, crystals and values."""
    content = hashlib.sha256()
    for name, crystal in zip(loaded.table.names, loaded.table.crystals, strict=True):
        content.update(f"{name} {crystal.digest}\n".encode())
    for values in loaded.table.values.values():
        content.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return content.hexdigest()[:16]
