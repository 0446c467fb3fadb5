"""Write open orders as folders that a DFT code can run."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from cathode.dft.inputs import order_files
from cathode.errors import SourceError, SpecError
from cathode.files import whole_folder
from cathode.ledger import Ledger
from cathode.loop.entering import require_people
from cathode.loop.observations import Observations, observe
from cathode.model import Proposal
from cathode.sources.gathering import Faults
from cathode.spec import CampaignSpec, LabSpec


def export_orders(
    ledger: Ledger,
    spec: CampaignSpec,
    folder: Path,
    evaluator: str | None = None,
    *,
    replace: bool = False,
    tell: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """One folder per open order that people may make, named by its candidate.

    All cells are made and all folders looked at before the first is written; each appears whole or
    not at all. One that is there already with the same files is left as it is, whatever else it
    holds. Orders for a replicate get none: a calculation repeats itself.

    Args:
        ledger: where the orders are.
        spec: the campaign.
        folder: where to; made where there is none.
        evaluator: name of the cheaper evaluator whose orders they are; None for the campaign's own.
        replace: whether folders that differ are written anew; not those that hold other files too.
        tell: hears how many orders of how many are made.

    Returns:
        The folders of all open orders, in their order.

    Raises:
        SourceError: nobody answers under that name, a candidate has no cell, or a folder differs;
            a line per fault, and nothing was written.
    """
    _require_orders(spec, evaluator)
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: name a folder"
        raise SourceError(msg)
    orders = orders_to(observe(ledger, spec.name), spec, evaluator)
    faults = Faults(gather=True)
    made: dict[Path, dict[str, str]] = {}
    for number, order in enumerate(orders, 1):
        with faults.noted():
            place = folder / order.candidate.id
            made[place] = _files(spec, order)
            _refuse_different(place, made[place], replace=replace)
        if tell is not None:
            tell(number, len(orders))
    faults.refuse()
    for place, files in made.items():
        _write(place, files, replace=replace)
    return list(made)


def orders_to(seen: Observations, spec: CampaignSpec, evaluator: str | None) -> list[Proposal]:
    """Open orders to an evaluator that people may make, without those for a replicate."""
    first: dict[str, Proposal] = {}
    for proposal in seen.proposals:
        if proposal.evaluator == evaluator:
            first.setdefault(proposal.candidate.id, proposal)
    return [
        order
        for order in seen.to_make(spec)
        if order.evaluator == evaluator and order == first[order.candidate.id]
    ]


def _require_orders(spec: CampaignSpec, evaluator: str | None) -> None:
    require_people(spec, evaluator)
    if evaluator is None and not isinstance(spec.evaluator, LabSpec):
        others = [n for n, each in spec.cheaper.items() if isinstance(each.evaluator, LabSpec)]
        msg = f"the {spec.evaluator.kind} evaluator of {spec.name} answers by itself: name one "
        raise SourceError(f"{msg}that gets orders ({', '.join(others) or 'there is none'})")


def _files(spec: CampaignSpec, order: Proposal) -> dict[str, str]:
    try:
        return order_files(spec, order)
    except SpecError as error:
        msg = f"{order.candidate.id}: {error}"
        raise SourceError(msg) from error


def _refuse_different(place: Path, files: Mapping[str, str], *, replace: bool) -> None:
    """Refuse a folder that is not what would be written.

    Raises:
        SourceError: in which file, and what to do.
    """
    if place.is_symlink():
        msg = f"{place} is a link: orders are written into folders alone; take it away"
        raise SourceError(msg)
    if place.exists() and not place.is_dir():
        msg = f"{place} is a file, where the folder of an order belongs: take it away"
        raise SourceError(msg)
    if not place.exists() or (other := _difference(place, files)) is None:
        return
    strange = sorted(_held(place) - set(files))
    if replace and not strange:
        return
    msg = f"{place} is there already, and {other}: "
    if strange:
        raise SourceError(f"{msg}it holds {strange[0]}, too, so move it away, or export elsewhere")
    raise SourceError(f"{msg}--replace writes it anew")


def _difference(place: Path, files: Mapping[str, str]) -> str | None:
    """What a folder has otherwise, in words; None where all files are in it."""
    for name, text in files.items():
        file = place / name
        try:
            same = file.read_bytes() == text.encode()
        except OSError:
            return f"{name} cannot be read or is missing"
        if not same:
            return f"{name} differs"
    return None


def _held(place: Path) -> set[str]:
    """Files in a folder by their path in it."""
    return {str(file.relative_to(place)) for file in place.rglob("*") if not file.is_dir()}


def _write(place: Path, files: Mapping[str, str], *, replace: bool) -> None:
    """Write a folder, unless it is there.

    Raises:
        SourceError: somebody else wrote another one meanwhile.
    """
    if place.exists() and _difference(place, files) is not None:
        _refuse_different(place, files, replace=replace)  # looked at again: time has passed
        _take_away(place)
    if place.exists():
        return
    try:
        with whole_folder(place) as part:
            for name, text in files.items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).write_bytes(text.encode())
    except FileExistsError as error:
        if _difference(place, files) is not None:
            msg = f"{place}: somebody else wrote it meanwhile, with other files: export again"
            raise SourceError(msg) from error


def _take_away(place: Path) -> None:
    """Take a folder of ours away in one step, so that nobody sees half of it."""
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    place.rename(old)
    shutil.rmtree(old)
