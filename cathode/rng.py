"""Seeds derived from seeds, so that every use of randomness has a stream of its own."""

import hashlib


def derived_seed(*parts: int | str) -> int:
    """A seed that depends on all parts and on nothing else; below 2**63."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def fit_seed(campaign_seed: int, turn: int) -> int:
    """The seed by which a turn's surrogates are fitted, all properties alike.

    Args:
        campaign_seed: the spec's.
        turn: number of the turn.
    """
    return derived_seed(campaign_seed, turn, "fit")
