"""What landing found about a file, on one line, in the organization's language."""

from __future__ import annotations

from collections.abc import Sequence

from datapilot_domain.commands import remedy_command
from datapilot_domain.findings import Command, Found
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Reason
from datapilot_interfaces.cli.errors import error_line


def finding_line(
    reason: Reason,
    file: str,
    found: Found | None,
    commands: Sequence[Command],
    organization: Organization,
    said: str = "",
) -> str:
    """`CODE: file: reason, what was found, ready commands`; the general remedy where no command is ready.

    said: what became of the file, before the reason. The words are those of the file's report.
    """
    return error_line(reason.code, *finding_parts(reason, file, found, commands, organization, said))


def finding_parts(
    reason: Reason,
    file: str,
    found: Found | None,
    commands: Sequence[Command],
    organization: Organization,
    said: str = "",
) -> tuple[str, str]:
    """The same as what and remedy."""
    locale = organization.locale
    told = [found.words(locale)] if found else []
    told += [f"{command.purpose.words(locale)}: `{command.command}`" for command in commands]
    what = " ".join(filter(None, (said, reason.text(locale), "; ".join(told))))
    if commands:
        return f"{file}: {what}", ""
    usual = remedy_command(reason, organization.org_id, file)
    remedy = reason.remedy(locale)
    return f"{file}: {what}", f"{remedy.rstrip('.')}: `{usual}`" if usual else remedy
