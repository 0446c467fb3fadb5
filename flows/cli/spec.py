"""``cathode spec``: check a spec, or show what specs look like."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.output import print_json, results


def check(
    spec: Annotated[Path, typer.Argument(help="YAML file of a campaign.")],
    as_json: AsJson = False,
) -> None:
    """Check a campaign spec, without running anything; only parsed crystals are kept."""
    from cathode.settings import Settings
    from cathode.spec import load_spec
    from flows.checking import check_spec

    campaign = load_spec(spec)
    checked = check_spec(campaign, Settings.from_environment())
    space = checked.space
    facts = {
        "campaign": campaign.name,
        "candidates_in_space": space.size,
        "candidates_to_propose": min(campaign.most_results, space.size),
        "objectives": [f"{o.goal} {o.property}" for o in campaign.objectives],
        "constraints": [c.property for c in campaign.constraints],
        "remark": checked.remark or None,
        "digest": campaign.digest(),
    }
    most = "at most " if campaign.cheaper else ""
    held = f"{'' if space.size_is_exact else 'about '}{space.size:,}"
    if as_json:
        print_json({"valid": True, **facts})
        return
    results().print(
        f"{spec}: fine. The space holds {held} candidates; the campaign will propose "
        f"{most}{facts['candidates_to_propose']:,} of them"
        f"{checked.remark and '; '}{checked.remark}.",
        soft_wrap=True,
    )


def schema() -> None:
    """Print the JSON schema of campaign specs, for editors that complete and check YAML."""
    from cathode.spec import CampaignSpec

    print_json(CampaignSpec.model_json_schema())
