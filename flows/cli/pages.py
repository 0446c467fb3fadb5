"""Prefect's pages after a command has changed what they show."""

from flows.cli.output import messages


def refresh_pages(campaign: str) -> None:
    """Bring the pages of a campaign's orders up to date, where the home's platform runs.

    They are a view: where that fails, it is said, and the next turn makes up for it.
    """
    from cathode.settings import Settings
    from flows.running import addresses

    settings = Settings.from_environment()
    if not addresses(settings):
        return
    from flows.environment import prepare

    prepare(settings)
    from flows.lab.orders import refresh_orders

    try:
        refresh_orders(campaign)
    except Exception as error:  # noqa: BLE001 - the results are in the ledger
        messages().print(
            f"Prefect's pages of the orders are not up to date ({type(error).__name__}: {error}): "
            "the next turn sees to it.",
            soft_wrap=True,
        )
