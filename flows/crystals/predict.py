"""What a model says of crystals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cathode.errors import SourceError
from cathode.model import Prediction, Property
from cathode.settings import Settings
from cathode.sources.crystal_table import CrystalTable, Row, table_of
from cathode.sources.crystals import read_crystals
from cathode.sources.elastic_crystals import MODULI
from cathode.sources.electrode_crystals import EVERY_ION, PAIRS
from flows.crystals.learned import Learned
from flows.crystals.loading import side_by_side, with_graphs
from flows.crystals.models import read_model
from flows.crystals.properties import described
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.model_file import CGCNNModel


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says.

    Attributes:
        prop: what is predicted.
        names: of the crystals.
        prediction: values and their standard deviations.
        intervals: whether these mean anything: one network that predicts no noise knows of none.
        refused: why others cannot be predicted, by name.
        left_out: why rows of the folders are not asked for, with how many.
        learned: of each crystal, whether the model has learned its value; None where it does not
            tell its crystals.
        all_known: whether it tells all that it has learned from.
    """

    prop: Property
    names: tuple[str, ...]
    prediction: Prediction
    intervals: bool
    refused: dict[str, str]
    left_out: dict[str, int]
    learned: tuple[bool, ...] | None
    all_known: bool


def predict(model: Path, places: Sequence[Path], settings: Settings) -> Answer:
    """Predict the crystals of folders and CIF files.

    Args:
        model: a file of ours, or of the paper's code.
        places: folders of any kind, or CIF files.
        settings: how many processes parse, and where what was parsed is kept.

    Raises:
        SourceError: the model cannot be read, a place is missing, or no crystal can be used.
    """
    known = read_model(model)
    tables = [_table(place, settings) for place in places]
    several = len({name for table in tables for name in (*table.names, *table.refused)}) < sum(
        len(table) + len(table.refused) for table in tables
    )
    names, graphs, refused = list[str](), list[Graph](), dict[str, str]()
    left_out = Counter[str]()
    for table in tables:
        loaded = with_graphs(table)
        # Of equal names in several folders, the folder tells which is which.
        before = f"{table.source}/" if several else ""
        names += [before + name for name in loaded.table.names]
        graphs += loaded.graphs
        refused |= {before + name: reason for name, reason in loaded.table.refused.items()}
        left_out.update(table.left_out)
    if not graphs:
        first = "; ".join(f"{name}: {reason}" for name, reason in list(refused.items())[:1])
        msg = f"no crystal can be used, of {len(refused)} ({first})"
        raise SourceError(msg)
    learned = Learned.by(known)
    seen = learned.among(known.property_name, [graph.crystal for graph in graphs])
    return Answer(
        described(known.property_name),
        tuple(names),
        known.ensemble.predict(graphs),
        _knows(known),
        refused,
        dict(left_out.most_common()),
        tuple(seen) if learned.known else None,
        learned.whole,
    )


def _knows(model: CGCNNModel) -> bool:
    members = model.ensemble.members
    return len(members) > 1 or members[0].network.sizes.outputs > 1


def _table(place: Path, settings: Settings) -> CrystalTable:
    run = side_by_side(settings.workers)
    if any((place / name).exists() for name in (PAIRS, MODULI)):
        return read_crystals(place, None, EVERY_ION, settings.cache / "crystals", run)
    if place.is_dir():
        files = sorted(place.glob("*.cif"))
        source = place
    elif place.is_file():
        files, source = [place], place.parent
    else:
        msg = f"there is no {str(place)!r}: give CIF files, or a folder that holds some"
        raise SourceError(msg)
    if not files:
        msg = f"{place} holds no crystals: give a folder with CIF files in it"
        raise SourceError(msg)
    rows, refused = [], {}
    for file in files:
        try:
            rows.append(Row(file.stem, file.read_text("utf-8-sig"), {}))
        except (OSError, UnicodeDecodeError) as error:
            refused[file.stem] = f"{file.name} cannot be read ({error})"
    if not rows:
        return CrystalTable(str(source), (), (), {}, (), (), refused)
    cache = settings.cache / "crystals" if place.is_dir() else None
    return table_of(source, rows, cache, run).refusing(refused)
