"""Campaigns and the history of their specs."""

from typing import Any

from sqlalchemy import Connection, and_, func, select

from cathode.errors import SpecChangedError, UnknownCampaignError
from cathode.ledger.database import insert_new, now
from cathode.ledger.tables import campaigns, specs
from cathode.spec import CampaignSpec, parse_spec

FREE_TO_CHANGE = ("budget", "description", "schedule")
"""Keys that may change between two runs without a word: they touch no result."""


def names(connection: Connection) -> list[str]:
    """Names of all campaigns, the oldest first."""
    query = select(campaigns.c.name).order_by(campaigns.c.created_at, campaigns.c.name)
    return list(connection.scalars(query))


def latest_spec(connection: Connection, campaign: str) -> tuple[int, CampaignSpec]:
    """The spec a campaign works by now, with its revision.

    Raises:
        UnknownCampaignError: there is no such campaign.
    """
    query = (
        select(specs.c.revision, specs.c.content)
        .where(specs.c.campaign == campaign)
        .order_by(specs.c.revision.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        known = ", ".join(names(connection)) or "none yet"
        msg = f"the ledger has no campaign {campaign!r}: it has {known}"
        raise UnknownCampaignError(msg)
    return row.revision, parse_spec(row.content, f"spec of {campaign} in the ledger")


def contents(connection: Connection) -> dict[str, dict[str, Any]]:
    """The latest spec of each campaign as it was recorded, by name.

    It is not checked: it may say what this code knows no more.
    """
    latest = select(specs.c.campaign, func.max(specs.c.revision).label("revision"))
    newest = latest.group_by(specs.c.campaign).subquery()
    same = and_(specs.c.campaign == newest.c.campaign, specs.c.revision == newest.c.revision)
    query = select(specs.c.campaign, specs.c.content).join(newest, same)
    return {row.campaign: row.content for row in connection.execute(query.order_by("campaign"))}


def outlines(connection: Connection) -> dict[str, dict[str, Any]]:
    """What each campaign's latest spec says of its ``description`` and ``schedule``."""
    return {
        name: {key: content.get(key) for key in ("description", "schedule")}
        for name, content in contents(connection).items()
    }


def spec_at(connection: Connection, campaign: str, revision: int) -> CampaignSpec:
    """The spec of a given revision."""
    query = select(specs.c.content).where(
        specs.c.campaign == campaign, specs.c.revision == revision
    )
    return parse_spec(connection.execute(query).scalar_one(), f"revision {revision} of {campaign}")


def register(connection: Connection, spec: CampaignSpec, who: str, *, amend: bool = False) -> int:
    """Enter a campaign, or check that its spec is still the one it was started with.

    Args:
        connection: a write transaction.
        spec: the campaign's spec.
        who: name of the person or machine.
        amend: whether to go on with a changed spec; the old one stays in the history.

    Returns:
        The spec's revision.

    Raises:
        SpecChangedError: the spec changed and ``amend`` is false.
    """
    insert_new(connection, campaigns, "name", [{"name": spec.name, "created_at": now()}])
    try:
        revision, known = latest_spec(connection, spec.name)
    except UnknownCampaignError:
        return _record(connection, spec, who, 0)
    changes = _differences(known.model_dump(mode="json"), spec.model_dump(mode="json"))
    if not changes:
        return revision
    real = {
        key: change for key, change in changes.items() if key.split(".")[0] not in FREE_TO_CHANGE
    }
    if real and not amend:
        key, (old, new) = next(iter(real.items()))
        more = f" and {len(real) - 1} more" if len(real) > 1 else ""
        msg = (
            f"the spec of {spec.name!r} changed since the campaign began "
            f"({key}: {old!r} -> {new!r}{more}): give it another name, or --amend to go on"
        )
        raise SpecChangedError(msg)
    return _record(connection, spec, who, revision + 1)


def _record(connection: Connection, spec: CampaignSpec, who: str, revision: int) -> int:
    row = {
        "campaign": spec.name,
        "revision": revision,
        "content": spec.model_dump(mode="json"),
        "recorded_at": now(),
        "recorded_by": who,
    }
    connection.execute(specs.insert().values(row))
    return revision


def _differences(old: Any, new: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Dotted keys at which two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in sorted(set(old) | set(new)):
            inner = f"{path}.{key}" if path else key
            found |= _differences(old.get(key), new.get(key), inner)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return _differences(dict(enumerate(old)), dict(enumerate(new)), path)
    return {} if old == new else {path: (old, new)}
