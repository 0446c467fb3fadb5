"""The core of the platform: values, specs, space, physics, ledger and loop.

Nothing in here imports torch, prefect or mlflow; the surrogates and agents that do are handed
in through :mod:`cathode.protocols`.
"""

__version__ = "0.1.0"
