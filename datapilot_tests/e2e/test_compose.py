"""docker-compose.yml without an engine: the specification's schema, a linter, and what production asks for."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomllib
import yaml

from datapilot_interfaces.secret_files import NAMES, problems
from datapilot_resources.settings import Settings
from datapilot_tests.services.compose import (
    COMPOSE,
    ROOT,
    SCHEMA,
    SERVICES,
    TEXT,
    VARIABLE,
    interpolated,
    networks,
    of_profile,
    sources,
)

PROD, DEV = of_profile("prod"), of_profile("dev")
RUNNING = {name: service for name, service in SERVICES.items() if name != "check"}
OURS = {name: service for name, service in RUNNING.items() if "build" in service}
SECRET = re.compile(r"KEY|PASSWORD|SECRET|TOKEN|AUTH|POSTGRES_URL|PEOPLE_FILE")
EXAMPLE = dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_file_follows_the_compose_specification() -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(COMPOSE)


@pytest.mark.parametrize("fault", [{"restrat": "always"}, {"ports": "3000"}, {"healthcheck": {"tets": []}}], ids=str)
def test_the_schema_sees_a_fault(fault: dict[str, Any]) -> None:
    broken = {**COMPOSE, "services": {**SERVICES, "webserver": {**SERVICES["webserver"], **fault}}}
    assert not jsonschema.Draft7Validator(SCHEMA).is_valid(broken)


def test_yaml_files_pass_the_linter() -> None:
    lint = [str(Path(sys.executable).parent / "yamllint"), "--strict", "."]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_image_is_pinned_and_says_why() -> None:
    lines = re.findall(r"^ *image: (\S+)(.*)$", TEXT, re.MULTILINE)
    assert (f"datapilot:{VERSION}", "") in lines
    for image, reason in lines:
        assert re.fullmatch(r"[a-z0-9]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?", image), image
        assert image.startswith("datapilot:") or re.match(r" # \S+ ", reason), image
    (base,) = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-bookworm", base)


@pytest.mark.parametrize("name", DEV)
def test_dev_publishes_on_the_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in DEV[name].get("ports", []))


def test_prod_publishes_the_proxy_only() -> None:
    assert {name for name, service in PROD.items() if "ports" in service} == {"proxy"}
    assert not any(
        {"network_mode", "privileged", "devices", "pid", "ipc"} & service.keys() for service in RUNNING.values()
    )


@pytest.mark.parametrize("name", RUNNING)
def test_every_service_is_bounded_watched_and_without_rights(name: str) -> None:
    service = RUNNING[name]
    assert service["restart"] == ("unless-stopped" if service["profiles"] == ["prod"] else "no")
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "start_period"} <= service["healthcheck"].keys()
    assert {"cpus", "mem_limit", "pids_limit"} <= service.keys()
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"max-size", "max-file"} <= service["logging"]["options"].keys()
    assert service["read_only"] or name.startswith("neo4j")
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_files_that_are_mounted_there(name: str) -> None:
    service = SERVICES[name]
    given = {k: v for k, v in service.get("environment", {}).items() if SECRET.search(k)}
    given = {k: v for k, v in given.items() if k not in {"POSTGRES_INITDB_ARGS", "DATAPILOT_PEOPLE_HASHES"}}
    optional = given.pop("LLM_API_KEY_FILE", "${LLM_API_KEY_FILE:-}")
    assert optional == "${LLM_API_KEY_FILE:-}"
    assert all(k.endswith("_FILE") and v.startswith("/run/secrets/") for k, v in given.items()), given
    used = {v.removeprefix("/run/secrets/") for v in given.values()}
    mounted = set(service.get("secrets", []))
    if name == "check":
        assert mounted == set(NAMES)
    else:  # no more than it needs
        assert mounted - {"llm_api_key"} == used
        assert "llm_api_key" not in mounted or name.startswith("code")


def test_every_secret_file_is_made_and_ignored_by_git() -> None:
    assert {n: s["file"] for n, s in COMPOSE["secrets"].items()} == {n: f"./secrets/{n}" for n in NAMES}
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().startswith("*\n")


def test_make_secrets_needs_no_setup() -> None:
    command = ["make", "--no-print-directory", "--dry-run", "secrets"]  # `make test` makes this make a nested one
    dry_run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"python3\S* -m datapilot_interfaces.secret_files make secrets\n", dry_run.stdout)


def test_make_secrets_makes_them_here(tmp_path: Path) -> None:
    for name in ("Makefile", "datapilot_interfaces/__init__.py", "datapilot_interfaces/secret_files.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(["make", "secrets"], cwd=tmp_path, env=alone, check=True, capture_output=True)
    assert problems(tmp_path / "secrets") == []


def test_documented_commands_name_services_of_their_profile() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    commands = re.findall(r"docker compose --profile (prod|dev) (\w+) ?([^`\n]*)", page)
    assert len(commands) > 10
    for profile, task, rest in commands:
        words = [word for word in rest.split(" > ")[0].split() if not word.startswith("-")]
        if task in {"exec", "run", "cp"}:
            words = [next(word.split(":")[0] for word in words if ":" in word or task != "cp")]
        assert task in {"up", "ps", "stop", "restart", "exec", "run", "cp"}
        assert set(words) <= of_profile(profile).keys(), (task, rest)


def test_every_variable_is_in_the_example_with_its_default() -> None:
    used = {m["name"]: m["default"] or "" for m in VARIABLE.finditer(TEXT) if m["name"]}
    assert EXAMPLE.keys() == used.keys()
    assert not any(SECRET.search(name) for name in EXAMPLE.keys() - {"LLM_API_KEY_FILE"})
    assert {name: EXAMPLE[name] for name, default in used.items() if default} == {n: d for n, d in used.items() if d}


@pytest.mark.parametrize("name", OURS)
def test_our_programs_know_every_variable(name: str) -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    if not name.startswith("store"):
        assert {variable.removesuffix("_FILE") for variable in OURS[name]["environment"]} <= known


@pytest.mark.parametrize(("name", "profile"), [(n, p) for n, s in RUNNING.items() for p in s["profiles"]])
def test_nothing_starts_before_the_check_and_what_it_needs(name: str, profile: str) -> None:
    services = of_profile(profile)
    needs = RUNNING[name]["depends_on"]
    assert needs["check"]["condition"] == "service_completed_successfully"
    assert needs.keys() <= services.keys()
    assert all(need["condition"] == "service_healthy" for other, need in needs.items() if other != "check")
    assert not any(other.startswith("neo4j") for other in needs), "without the graph everything else goes on"


def test_networks_keep_apart_who_need_not_talk() -> None:
    def neighbours(name: str) -> set[str]:
        return {other for other, service in PROD.items() if networks(service) & networks(PROD[name])} - {name}

    open_networks = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert open_networks == {"edge", "outside", "dev"}
    assert {name for name, service in PROD.items() if "edge" in networks(service)} == {"proxy"}
    assert {name for name, service in PROD.items() if "outside" in networks(service)} == {"code"}
    assert neighbours("proxy") == {"webserver"}
    assert neighbours("spark") == {"code", "store"}, "Spark Connect runs anybody's code"
    assert neighbours("neo4j") == {"code"}
    assert neighbours("postgres") == {"webserver", "daemon", "code"}
    assert all(networks(service) == {"dev"} for name, service in DEV.items() if name != "check")
    assert set(COMPOSE["networks"]) == {network for service in RUNNING.values() for network in networks(service)}


@pytest.mark.parametrize("name", [name for name in PROD if name not in {"check", "proxy"}])
def test_dev_starts_the_same_programs(name: str) -> None:
    shared = {"command", "image", "secrets", "healthcheck", "environment", "user", "read_only"}
    prod, dev = ({k: v for k, v in s[n].items() if k in shared} for s, n in ((PROD, name), (DEV, f"{name}-dev")))
    if name == "neo4j":
        dev["environment"] = {**dev["environment"], "NEO4J_server_http_enabled": "false"}
    assert dev == prod


def test_the_code_of_this_folder_is_mounted_in_dev() -> None:
    rooms = {path.name for path in ROOT.glob("datapilot_*") if path.name != "datapilot_tests" and path.is_dir()}
    mounted = {v for v in DEV["code-dev"]["volumes"] if v.startswith("./")}
    assert mounted == {f"./{room}:/opt/datapilot/{room}:ro" for room in rooms}


def test_volumes_are_declared_exist_and_are_of_one_service() -> None:
    used = [source for service in SERVICES.values() for source in sources(service)]
    named = [source for source in used if not source.startswith("./")]
    assert sorted(named) == sorted(COMPOSE["volumes"]), "each once: a database on two machines is lost"
    assert all((ROOT / source).exists() for source in used if source.startswith("./"))
    assert all(v.endswith(":ro") for s in SERVICES.values() for v in s.get("volumes", []) if v.startswith("./"))


def test_the_workspace_names_the_code_server() -> None:
    (entry,) = yaml.safe_load((ROOT / "deploy/workspace.yaml").read_text())["load_from"]
    command = PROD["code"]["command"]
    assert entry["grpc_server"] == {
        "host": "code",
        "port": int(command[command.index("-p") + 1]),
        "location_name": "datapilot",
    }
    assert command[command.index("-m") + 1] == "datapilot_assets.definitions"


def test_the_container_of_spark_holds_its_heap() -> None:
    spark = interpolated(PROD["spark"], {})
    heap, limit = (
        int(v.removesuffix("g")) for v in (spark["environment"]["DATAPILOT_SPARK_MEMORY"], spark["mem_limit"])
    )
    assert limit >= heap + 2


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if service["command"][0] != "sh"])
def test_our_programs_are_installed(name: str) -> None:
    command = OURS[name]["command"]
    programs = [command[0], *(command[2:3] if command[1] == "exec" else [])]
    assert all((Path(sys.executable).parent / program).is_file() for program in programs)


def test_the_image_is_built_as_an_image_should_be() -> None:
    text = (ROOT / "deploy/Dockerfile").read_text()
    steps = re.findall(r"^([A-Z]+) (.*)", text.replace("\\\n", " "), re.MULTILINE)
    assert [step for step, _ in steps if step in {"ADD", "ARG", "EXPOSE"}] == []
    assert [value for step, value in steps if step == "USER"] == ["10001"]
    (install,) = [value for _, value in steps if "apt-get" in value]
    assert all(part in install for part in ("--no-install-recommends", "rm -rf /var/lib/apt/lists/*"))
    assert not any(SECRET.search(value) for step, value in steps if step == "ENV")
    assert steps.index(("USER", "10001")) < [step for step, _ in steps].index("COPY")


def test_the_image_s_context_holds_what_the_containers_read() -> None:
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"!dagster.yaml", "!deploy/workspace.yaml", "!datapilot_*"} <= set(kept)
