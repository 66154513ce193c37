"""`credentials`: a key to one organization that ends by itself. The one command that shows a secret, on purpose."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

_COLUMNS = ("variable", "value")


class Purpose(str, Enum):
    READING = "reading"
    SENDING = "sending"


class ReadableLayer(str, Enum):
    SILVER = "silver"
    GOLD = "gold"
    INSIGHTS = "insights"
    REPORTS = "reports"


def credentials(
    org: OrgOption,
    purpose: Annotated[Purpose, typer.Option("--for", help="Read its tables and reports, or send files to its inbox.")],
    hours: Annotated[int, typer.Option(min=1, max=12, help="How long they last.")] = 1,
    layer: Annotated[ReadableLayer | None, typer.Option(help="Read this part only.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Make S3 credentials that reach one organization only and end by themselves, and show them in clear.

    What is printed is a secret: give it to one person over a safe way, and keep it out of logs and chats. Each row is
    an environment variable; `--format json` is for programs. Needs a server with STS AssumeRole.
    """
    from datapilot_resources.session_credentials import SessionCredentialsError, session_credentials

    if layer is not None and purpose is Purpose.SENDING:
        raise typer.BadParameter("--layer is of --for reading")
    services = platform()
    organization = services.registry.get(org)
    try:
        made = session_credentials(
            services.settings, organization.org_id, purpose.value, hours, layer.value if layer else None
        )
    except SessionCredentialsError as error:
        raise CommandError("NO_CREDENTIALS", str(error), "") from error
    given = made.settings
    rows = {
        "DATAPILOT_STORE": given.store_root,
        "S3_ENDPOINT_URL": given.s3_endpoint_url,
        "S3_REGION": given.s3_region,
        "S3_ACCESS_KEY_ID": given.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": given.s3_secret_access_key.get_secret_value() if given.s3_secret_access_key else None,
        "S3_SESSION_TOKEN": given.s3_session_token.get_secret_value() if given.s3_session_token else None,
    }
    emit([{"variable": name, "value": value} for name, value in rows.items() if value is not None], form, _COLUMNS)
    typer.echo(f"They end at {made.expires:%Y-%m-%d %H:%M %Z}.", err=True)
