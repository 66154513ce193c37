"""Who hears what, and what is pushed where: one validated file that holds no secret."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from datapilot_domain.alerts import ALERTS, SEVERITIES, Alert, Severity
from datapilot_domain.alerts.message import Language
from datapilot_domain.exports import ExportFormat
from datapilot_domain.organizations import OrgId
from datapilot_resources.power_bi_target import PowerBiTarget
from datapilot_resources.secret_reference import SecretReference
from datapilot_resources.settings import Settings, SettingsError

FILE_NAME = "deliveries.yaml"
LOG_CHANNEL = "log"
LONGEST_COOLDOWN = dt.timedelta(days=7)
_NAME = r"^[a-z][a-z0-9_-]{0,40}$"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Channel(_Frozen):
    # None: an operators' channel, which may hear of every organization and of the platform.
    organization: OrgId | None = None


class LogChannel(_Channel):
    """A file in DATAPILOT_HOME, one line of JSON per message."""

    kind: Literal["log"]


class WebhookChannel(_Channel):
    """A POST of JSON, signed with `secret` as Standard Webhooks says."""

    kind: Literal["webhook"]
    url: str
    secret: SecretReference

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not url.isascii() or not url.isprintable() or " " in url:
            raise ValueError("must be http://host/path or https://host/path")
        if "@" in parts.netloc or parts.fragment:
            raise ValueError("must hold no user, password or #; the message is signed with `secret`")
        return url


class AppriseChannel(_Channel):
    """E-mail or a chat by its Apprise address, which is a secret as a whole."""

    kind: Literal["apprise"]
    address: SecretReference


Channel = Annotated[LogChannel | WebhookChannel | AppriseChannel, Field(discriminator="kind")]


class Route(_Frozen):
    """Alerts of at least this severity, and of these codes and organizations if any are named, go to a channel."""

    to: str
    severity: Severity = "info"
    codes: tuple[str, ...] | None = Field(default=None, min_length=1)
    organizations: tuple[OrgId, ...] | None = Field(default=None, min_length=1)

    @field_validator("codes")
    @classmethod
    def _known(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(codes or ()) - ALERTS.keys())
        if unknown:
            raise ValueError(f"no alert {', '.join(unknown)}; there are {', '.join(sorted(ALERTS))}")
        return codes

    def matches(self, alert: Alert) -> bool:
        return (
            SEVERITIES.index(alert.severity) >= SEVERITIES.index(self.severity)
            and (self.codes is None or alert.code in self.codes)
            and (self.organizations is None or alert.org_id in self.organizations)
        )


class AlertRules(_Frozen):
    """`language`: of messages to the operators; an organization's channels use its locale."""

    window_minutes: int = Field(default=15, ge=1, le=1440)
    cooldown_minutes: int = Field(default=60, ge=0, le=LONGEST_COOLDOWN // dt.timedelta(minutes=1))
    language: Language = "pt-BR"

    @property
    def window(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.window_minutes)

    @property
    def cooldown(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.cooldown_minutes)


class ReportRule(_Frozen):
    """The last closed month of an organization goes to a channel from that day and hour on, its own time, once."""

    to: str
    organization: OrgId
    day: int = Field(default=5, ge=1, le=28)
    hour: int = Field(default=8, ge=0, le=23)
    contents: tuple[Literal["page"] | ExportFormat, ...] = Field(default=("page", "xlsx"), min_length=1)


class Deliveries(_Frozen):
    alerts: AlertRules = AlertRules()
    channels: dict[Annotated[str, Field(pattern=_NAME)], Channel] = {}
    routes: tuple[Route, ...] = ()
    reports: tuple[ReportRule, ...] = ()
    power_bi: tuple[PowerBiTarget, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> Deliveries:
        """The file of DATAPILOT_DELIVERIES, else the one in DATAPILOT_HOME, else everything to the log.

        Raises SettingsError, one line naming file, place and what is wrong: missing, no YAML, or not valid.
        """
        path = settings.deliveries or settings.home / FILE_NAME
        if settings.deliveries is None and not path.exists():
            return _LOG_ONLY
        try:
            return cls.model_validate(_read(path))
        except ValidationError as error:
            problems = "; ".join(_problem(e["loc"], e["msg"]) for e in error.errors(include_input=False))
            raise SettingsError(f"{path}: {problems}; docs/alerts.md shows the file") from None

    @model_validator(mode="after")
    def _routes_fit(self) -> Deliveries:
        for number, route in enumerate(self.routes):
            place = f"routes.{number}"
            channel = self._channel(place, route.to)
            if channel.organization is not None and {*(route.organizations or ())} - {channel.organization}:
                raise ValueError(
                    f"{place}.organizations: {route.to} is {channel.organization}'s own channel; name no other "
                    f"organization, or route to an operators' channel"
                )
        return self

    @model_validator(mode="after")
    def _reports_fit(self) -> Deliveries:
        for number, rule in enumerate(self.reports):
            place = f"reports.{number}"
            channel = self._channel(place, rule.to)
            if channel.organization not in (None, rule.organization):
                raise ValueError(f"{place}.to: {rule.to} is {channel.organization}'s own channel")
            if any((rule.to, rule.organization) == (other.to, other.organization) for other in self.reports[:number]):
                raise ValueError(f"{place}: {rule.organization} goes to {rule.to} already; name all contents in one")
        return self

    @model_validator(mode="after")
    def _one_model_each(self) -> Deliveries:
        """The rows of one organization in another's semantic model would be in the other's reports."""
        for what, names in (
            ("organization", [str(target.organization) for target in self.power_bi]),
            ("dataset", [str(target.dataset) for target in self.power_bi if target.dataset]),
        ):
            if twice := [name for name, count in Counter(names).items() if count > 1]:
                raise ValueError(f"power_bi: the {what} {twice[0]} is named twice; give each one of its own")
        return self

    def _channel(self, place: str, name: str) -> Channel:
        """Raises ValueError: none of that name."""
        if name not in self.channels:
            known = ", ".join(sorted(self.channels)) or "none"
            raise ValueError(f"{place}.to: there is no channel of that name; the channels are {known}")
        return self.channels[name]

    def may_hear(self, channel: str, organizations: Collection[OrgId | None]) -> bool:
        """Whether that channel may be told of all of them (None: the platform). One not in the file may not."""
        found = self.channels.get(channel)
        return found is not None and (found.organization is None or {*organizations} <= {found.organization})

    def hears(self, channel: str, alert: Alert) -> bool:
        """Whether a route takes that alert to that channel."""
        return self.may_hear(channel, [alert.org_id]) and any(
            route.to == channel and route.matches(alert) for route in self.routes
        )


def power_bi_targets(settings: Settings) -> dict[OrgId, PowerBiTarget]:
    """Of the section `power_bi`, by organization. Raises SettingsError."""
    return {target.organization: target for target in Deliveries.from_settings(settings).power_bi}


_LOG_ONLY = Deliveries(channels={LOG_CHANNEL: LogChannel(kind="log")}, routes=(Route(to=LOG_CHANNEL),))


def _read(path: Path) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """A name given twice is refused: the last one would silently replace the first."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            names = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = next((key for n, (key, _) in enumerate(node.value) if names[n] in names[:n]), None)
            if twice is not None:
                raise yaml.constructor.ConstructorError(problem="twice", problem_mark=twice.start_mark)
            return dict(super().construct_mapping(node, deep))

    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path} ({type(error).__name__}); name a readable file") from None
    except yaml.YAMLError as error:
        # Its own text quotes the file.
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        what = "a name is given twice" if getattr(error, "problem", None) == "twice" else "no valid YAML"
        raise SettingsError(f"{path}, {where}: {what}") from None
    if found is None:
        return {}
    # A section whose items are all commented out is empty, as the file is.
    return {name: v for name, v in found.items() if v is not None} if isinstance(found, dict) else found


def _problem(place: tuple[int | str, ...], message: str) -> str:
    # pydantic names the kind of a channel as if it were a place in the file: channels.team.webhook.url
    if len(place) > 3 and place[0] == "channels":
        place = (*place[:2], *place[3:])
    return ": ".join(filter(None, [".".join(map(str, place)), message.removeprefix("Value error, ")]))
