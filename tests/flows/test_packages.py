"""The house stands where it should, and its rooms keep to themselves."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from cathode.settings import REPOSITORY

PACKAGES = ("cathode", "agents", "surrogates", "augment", "flows")


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_are_those_of_this_repository(name):
    # agents and flows are common names: another distribution's could win.
    package = importlib.import_module(name)
    assert REPOSITORY / name == importlib.import_module("pathlib").Path(package.__file__).parent


def test_the_core_never_loads_torch_prefect_or_mlflow():
    code = """
import importlib, pkgutil, sys, cathode
for module in pkgutil.walk_packages(cathode.__path__, "cathode."):
    if ".migrations." not in module.name:
        importlib.import_module(module.name)
print(sorted({"torch", "botorch", "gpytorch", "prefect", "mlflow"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_agents_and_surrogates_never_load_prefect_or_mlflow():
    code = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")
import agents, augment, surrogates
for package in (agents, augment, surrogates):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
print(sorted({"prefect", "mlflow"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_of_flows_is_named_like_a_package():
    import flows

    names = {module.name for module in pkgutil.iter_modules(flows.__path__)}
    assert not names & {*PACKAGES, "prefect", "mlflow", "torch"}
