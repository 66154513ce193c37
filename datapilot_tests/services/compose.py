"""docker-compose.yml without an engine: read, interpolated, and told apart by profile.

`compose-spec.json` is schema/compose-spec.json of compose-spec/compose-spec at commit 170098ba (June 2026), Apache-2.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCHEMA: dict[str, Any] = json.loads((ROOT / "datapilot_tests/services/compose-spec.json").read_text(encoding="utf-8"))

VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\})")


def of_profile(profile: str) -> dict[str, dict[str, Any]]:
    """The services that `--profile` starts."""
    return {name: service for name, service in SERVICES.items() if profile in service["profiles"]}


def interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    """`value` as Compose hands it on: `$$` is `$`, and an empty variable takes the default of `${NAME:-default}`."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda m: (environment.get(m["name"]) or m["default"] or "") if m["name"] else "$", value)
    if isinstance(value, list):
        return [interpolated(item, environment) for item in value]
    if isinstance(value, dict):
        return {key: interpolated(item, environment) for key, item in value.items()}
    return value


def networks(service: Mapping[str, Any]) -> set[str]:
    """Names of the networks that it is in."""
    return set(service.get("networks", ()))


def sources(service: Mapping[str, Any]) -> list[str]:
    """What its volumes are: a name, or a path that starts with `./`."""
    return [volume.split(":")[0] for volume in service.get("volumes", [])]
