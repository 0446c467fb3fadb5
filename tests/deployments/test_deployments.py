"""What ``deployments/`` and ``docs/operations.md`` name exists: commands, variables, versions.

Neither Docker nor Kubernetes is needed: the files are read, and compared with the code.
"""

import importlib
import inspect
import json
import re
import shlex

import jsonschema
import pytest
import yaml
from typer.main import get_command

from cathode.settings import REPOSITORY
from flows import deploying
from flows.cli.app import app
from flows.parts import PARTS, POOL

FOLDER = REPOSITORY / "deployments"

PAGES = (FOLDER / "README.md", REPOSITORY / "docs" / "operations.md", REPOSITORY / "README.md")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def template():
    return json.loads((FOLDER / "kubernetes-work-pool.json").read_text())


@pytest.fixture(scope="module")
def sources():
    """All code that reads the environment."""
    folders = ("cathode", "flows", "agents", "surrogates", "tests")
    files = [f for name in folders for f in (REPOSITORY / name).rglob("*.py")]
    return "\n".join(file.read_text() for file in files)


def own_services(compose):
    return {k: v for k, v in compose["services"].items() if v.get("image") == "cathode:latest"}


def commands_of(words: list[str]) -> list[list[str]]:
    """The commands that a command is made of."""
    if words[0] == "sh":
        return [shlex.split(each.removeprefix("exec ")) for each in words[2].split(" && ")]
    return [words]


def test_every_part_runs_in_a_container_of_its_own(compose):
    found = own_services(compose)
    assert {*PARTS, "deployments"} == set(found)
    for name, service in found.items():
        for words in commands_of(service["command"]):
            assert words[:2] == ["python", "-m"]
            module = importlib.import_module(words[2])
            assert "__main__" in inspect.getsource(module), "it can be run"
            if words[2] == "flows.parts":
                assert (words[3], words[3] in PARTS) == (name, True)
            for option in words[3:]:
                if option.startswith("--"):
                    assert option in (deploying.BEGIN, deploying.PUT_RIGHT, deploying.CAMPAIGNS)


def test_ports_are_published_on_loopback_alone(compose):
    published = [port for each in compose["services"].values() for port in each.get("ports", [])]
    assert sorted(published) == ["127.0.0.1:4200:4200", "127.0.0.1:5000:5000"]
    for port in published:
        number = port.rsplit(":", 1)[1]
        (service,) = (s for s in compose["services"].values() if port in s.get("ports", []))
        assert number in service["command"]
        assert f"127.0.0.1:{number}/" in service["healthcheck"]["test"][-1]
        compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_secrets_come_from_files_and_are_asked_for(compose, sources):
    declared = compose["secrets"]
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(declared)
        for name, value in service.get("environment", {}).items():
            if name.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
            assert "PASSWORD" not in name.removesuffix("PASSWORD_FILE")
    for service in own_services(compose).values():
        for name in service["environment"]:
            assert name.removesuffix("_FILE") in sources
    head = (FOLDER / "compose.yaml").read_text().split("name:")[0]
    for each in declared.values():
        assert f"> {each['file']}" in head, "the head says how to make it"


def test_dependencies_are_services_that_can_be_healthy(compose):
    for service in compose["services"].values():
        for name, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "healthcheck" in compose["services"][name]


def test_the_image_is_made_of_files_that_are_there(compose):
    lines = (FOLDER / "Dockerfile").read_text()
    for match in re.finditer(r"^COPY (?!\. )(.+) \./$", lines, re.MULTILINE):
        for name in match.group(1).split():
            assert (REPOSITORY / name).exists()
    assert "FROM python:3.11" in lines
    client = re.search(r"postgresql-client-(\d+)", lines).group(1)
    assert compose["services"]["postgres"]["image"] == f"postgres:{client}"
    build = own_services(compose)["worker"]["build"]
    assert (FOLDER / build["context"] / build["dockerfile"]).resolve() == FOLDER / "Dockerfile"
    assert re.search(r"^torch==", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE)


def test_kubernetes_jobs_are_filled_in_with_what_may_be_said(template):
    variables = template["variables"]
    jsonschema.Draft202012Validator.check_schema(variables)
    text = json.dumps(template["job_configuration"])
    named = set(re.findall(r"\{\{ (\w+) \}\}", text))
    assert named == set(variables["properties"])
    defaults = {k: v["default"] for k, v in variables["properties"].items() if "default" in v}
    jsonschema.validate(defaults, variables)
    job = template["job_configuration"]["job_manifest"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["kind"] == "Job"
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    mounted = container["volumeMounts"][0]["mountPath"]
    assert f"CATHODE_HOME={mounted} " in (FOLDER / "Dockerfile").read_text()


def test_a_server_takes_the_kubernetes_template(prefect, template):
    from cathode.access import Access
    from flows.api import ask

    pool = {"name": "on-kubernetes", "type": "kubernetes", "base_job_template": template}
    made = ask(f"{prefect['PREFECT_API_URL']}/work_pools/", Access(), pool)
    assert made["base_job_template"] == template


def test_deployments_say_where_their_flows_are():
    names = set()
    for each in deploying.listed():
        module, _, name = each.entrypoint.rpartition(".")
        flow = getattr(importlib.import_module(module), name)
        assert hasattr(flow, "fn"), "it is a flow"
        assert each.pool == POOL
        assert each.description
        names.add(each.name)
    assert deploying.GENERIC in names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_commands_and_variables_that_are_there(page, sources):
    text = page.read_text()
    command = get_command(app)
    for found in re.finditer(r"`cathode ([a-z]+)((?: [^`]*)?)`", text):
        name, rest = found.groups()
        assert name in command.commands, found.group()
        known = {o for p in command.commands[name].params for o in (*p.opts, *p.secondary_opts)}
        subcommands = getattr(command.commands[name], "commands", None)
        if subcommands is None:
            assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known, found.group()
    for name in set(re.findall(r"\b(?:CATHODE|PREFECT|MLFLOW)_[A-Z_]+\b", text)):
        assert name.removesuffix("_FILE") in sources, name
    for module in set(re.findall(r"python -m (flows\.\w+)", text)):
        assert "__main__" in inspect.getsource(importlib.import_module(module))
    for target in re.findall(r"\]\(([^)#]+\.md)", text):
        assert (page.parent / target).resolve().exists(), target


def test_units_of_systemd_are_whole():
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    units = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
    assert units
    for unit in units:
        assert {"[Service]", "ExecStart="} <= set(re.findall(r"\[Service\]|ExecStart=", unit))
    assert any("KillMode=mixed" in unit for unit in units), "else the worker is told twice"
