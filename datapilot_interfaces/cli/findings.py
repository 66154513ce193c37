"""What landing found about a file, on one line, in the organization's language."""

from __future__ import annotations

from datapilot_domain.reasons import Reason
from datapilot_interfaces.cli.errors import error_line


def finding_line(reason: Reason, file: str, detail: str, locale: str, said: str = "") -> str:
    """`CODE: file: reason, what was found, ready commands`; the general remedy where no command is ready.

    said: what became of the file, before the reason. The words are those of the file's report.
    """
    return error_line(reason.code, *finding_parts(reason, file, detail, locale, said))


def finding_parts(reason: Reason, file: str, detail: str, locale: str, said: str = "") -> tuple[str, str]:
    """The same as what and remedy."""
    from datapilot_assets.reports.details import split_detail
    from datapilot_assets.reports.steps import for_file

    found, commands = split_detail(detail, locale)
    ready = [(purpose, for_file(file, command)) for purpose, command in commands]
    told = [f"{purpose}: `{command}`" if purpose else f"`{command}`" for purpose, command in ready]
    parts = [said, reason.text(locale), "; ".join([found, *told] if found else told)]
    return f"{file}: {' '.join(filter(None, parts))}", "" if ready else reason.remedy(locale)
