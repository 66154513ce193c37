"""`webhook`: land what a bucket's events announce, before the inbox sensor looks."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from datapilot_interfaces.cli.errors import CommandError, Exit, error_line
from datapilot_interfaces.cli.platform import platform
from datapilot_interfaces.cli.ports import port_is_free


def webhook(port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1.")] = 3001) -> None:
    """Receive a bucket's events on 127.0.0.1 and land what then is in the inbox, until Ctrl-C.

    An event is only a hint to look; a lost one costs the time until the inbox sensor looks. The sender must send
    `Authorization: Bearer …` with the token in DATAPILOT_WEBHOOK_TOKEN (or its _FILE).
    """
    from datapilot_interfaces.webhook.receiver import HintedWork, Receiver

    services = platform()
    token = services.settings.webhook_token
    if token is None:
        remedy = "set it, or DATAPILOT_WEBHOOK_TOKEN_FILE, to what the bucket's notifications send as bearer token"
        raise CommandError("NO_WEBHOOK_TOKEN", "DATAPILOT_WEBHOOK_TOKEN is not set", remedy, Exit.WRONG_USAGE)
    if not port_is_free(port):
        raise CommandError("PORT_TAKEN", f"127.0.0.1:{port} is in use", "end that program or name another --port")

    def land() -> None:
        from datapilot_assets.runs import IntakeFailed, run_hinted_intake

        try:
            landed = run_hinted_intake(services)
        except IntakeFailed as error:
            typer.echo(error_line("INTAKE_FAILED", str(error), "the inbox sensor tries again"), err=True)
        except Exception as error:  # noqa: BLE001  # the next hint may find the store again
            what = f"{type(error).__name__}: {error}"
            typer.echo(error_line("HINT_FAILED", what, "the inbox sensor lands what waits"), err=True)
        else:
            typer.echo(f"landed {len(landed)} files", err=True)

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a run under way is finished
    root = services.settings.s3_location()[1] if services.settings.store_is_s3 else ""
    work = HintedWork(land)
    try:
        with Receiver(port, token.get_secret_value(), f"{root}inbox/", work.hint) as receiver:
            typer.echo(f"listening on http://127.0.0.1:{port}", err=True)
            receiver.serve_forever()
    finally:
        work.end()
