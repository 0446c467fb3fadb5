"""Read specs from YAML and say in one sentence what is wrong with them."""

import json
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from cathode.errors import SpecError
from cathode.files import digest_of
from cathode.spec.base import Spec
from cathode.spec.campaign import CampaignSpec
from cathode.spec.evaluator import EvaluatorSpec, TableSpec
from cathode.spec.pool import PoolSpec
from cathode.spec.surrogate import SurrogateSpec

S = TypeVar("S", bound=Spec)


class _StrictLoader(yaml.SafeLoader):
    """YAML with two traps removed: repeated keys, and words such as ``No`` read as booleans."""


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            msg = f"line {line}: key {key!r} is given twice: leave one of them out"
            raise yaml.YAMLError(msg)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping_without_repeats)


def load_spec(path: Path) -> CampaignSpec:
    """Read a campaign spec from a YAML file.

    Paths inside the spec are relative to the file's folder. Of files of networks that it names the
    spec gets a hash, so that an exchanged one is noticed.

    Raises:
        SpecError: the file is missing, is no YAML, or says something that cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the spec {str(path)!r} ({error}): give the path of a YAML file"
        raise SpecError(msg) from error
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
    except (yaml.YAMLError, TypeError) as error:
        problem = " ".join(str(error).split())
        msg = f"{path}: not readable as YAML ({problem}): mend that line"
        raise SpecError(msg) from error
    return parse_spec(content, str(path), path.resolve().parent)


def parse_spec(content: object, origin: str, folder: Path | None = None) -> CampaignSpec:
    """Check plain data as a campaign spec.

    Args:
        content: what YAML or JSON gave.
        origin: what messages call the source.
        folder: folder that a table's path is relative to.

    Raises:
        SpecError: the content says something that cannot be.
    """
    if content is None:
        msg = f"{origin}: the file is empty: `cathode spec schema` shows what a spec holds"
        raise SpecError(msg)
    if not isinstance(content, dict):
        msg = f"{origin}: a spec is a mapping of keys, not {type(content).__name__}"
        raise SpecError(msg)
    try:
        spec = CampaignSpec.model_validate(content)
    except ValidationError as error:
        raise SpecError(f"{origin}: {_sentence(error)}") from error
    if folder is not None:
        cheaper = {
            name: each.model_copy(update={"evaluator": _placed(each.evaluator, folder)})
            for name, each in spec.cheaper.items()
        }
        own = _placed(spec.evaluator, folder)
        history = {
            name: each.model_copy(update={"table": folder / each.table}) if each.table else each
            for name, each in spec.history.items()
        }
        surrogates = tuple(_with_digest(_beside(s, folder, "pretrained")) for s in spec.surrogates)
        spec = spec.model_copy(
            update={
                "evaluator": own,
                "cheaper": cheaper,
                "history": history,
                "surrogates": surrogates,
            }
        )
    if folder is not None and isinstance(spec.space, PoolSpec):
        pool = _beside(spec.space, folder, "table")
        if pool.structures is not None:
            placed = _beside(pool.structures, folder, "file")
            pool = pool.model_copy(update={"structures": placed})
        spec = spec.model_copy(update={"space": pool})
    return spec


def _beside(spec: S, folder: Path, key: str) -> S:
    """The spec with a path, where it has one, from the folder."""
    path = getattr(spec, key, None)
    return spec if path is None else spec.model_copy(update={key: folder / path})


def _with_digest(spec: SurrogateSpec) -> SurrogateSpec:
    """The surrogate with a hash of its networks' file, where that can be read.

    Who loads the networks says what is wrong with a file that cannot.

    Raises:
        SpecError: the spec has the hash of another file.
    """
    file = getattr(spec, "pretrained", None)
    if file is None:
        return spec
    try:
        found = digest_of(file)
    except OSError:
        return spec
    asked = getattr(spec, "pretrained_digest", None)
    if asked not in (None, found):
        msg = f"{file} has the digest {found}, and pretrained_digest is {asked!r}: give the file "
        raise SpecError(msg + "that the spec means, or leave pretrained_digest out")
    return spec.model_copy(update={"pretrained_digest": found})


def _placed(evaluator: EvaluatorSpec, folder: Path) -> EvaluatorSpec:
    """The evaluator, a table with its path from the folder."""
    if not isinstance(evaluator, TableSpec):
        return evaluator
    return evaluator.model_copy(update={"path": folder / evaluator.path})


def _sentence(error: ValidationError) -> str:
    """The first of pydantic's findings as one sentence, with the places of the others."""
    problems = error.errors(include_url=False)
    first = problems[0]
    # A list with a wrong entry is reported as too short, too.
    apart = [p for p in problems if p is first or first["loc"][: len(p["loc"])] != p["loc"]]
    place, *others = (_place(problem["loc"]) for problem in apart)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        message = "this key is required and missing: add it"
    elif first["type"] == "union_tag_invalid":
        known = first["ctx"]["expected_tags"]
        message = f"unknown kind {first['ctx']['tag']!r}: known are {known}"
    elif first["type"] == "too_short":
        message = (
            f"needs at least {first['ctx']['min_length']}, has {first['ctx']['actual_length']}"
        )
    elif first["type"] == "string_pattern_mismatch":
        below = {"variables", "cheaper", "history"} & set(first["loc"])
        mark = "underscores" if below else "hyphens"
        message = (
            f"{_short(first['input'])} has characters that names may not have: "
            f"use lower-case letters, digits and {mark}"
        )
    elif first["type"] != "value_error":
        message = f"{message[0].lower()}{message[1:]}, got {_short(first['input'])}"
    more = f" (also wrong: {', '.join(others)})" if others else ""
    return f"{place}: {message}{more}" if place else f"{message}{more}"


def _place(loc: tuple[int | str, ...]) -> str:
    """Where a problem lies; which kind of space was meant is no key of a spec."""
    tagged = loc[:1] == ("space",) and loc[1:2] in (("sites",), ("pool",))
    loc = loc[:-1] if loc[-1:] == ("[key]",) else loc
    return ".".join(str(part) for part in (loc[:1] + loc[2:] if tagged else loc))


def _short(value: object) -> str:
    """A value for a message, cut where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - a line's third
