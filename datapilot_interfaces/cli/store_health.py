"""`doctor` on the store: what its probes found, what follows from it, and the remedy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from datapilot_interfaces.cli.health import Check, Unhealthy

if TYPE_CHECKING:
    from datapilot_resources.settings import Settings

_CLOCK_TOLERANCE = dt.timedelta(minutes=5)
_ACTIONS = {"write": "s3:PutObject", "read": "s3:GetObject", "list": "s3:ListBucket", "delete": "s3:DeleteObject"}
_WITHOUT = {
    "write": "nothing can be landed or computed",
    "read": "nothing can be computed or shown",
    "list": "no file in the inbox is found",
    "delete": "a landed file stays in the inbox and is read again at every tick",
}
_ANOTHER = "move the store to a folder or to a server that honours it (docs/object-stores.md)"


def store_checks(settings: Callable[[], Settings]) -> list[Check]:
    """Permissions first; a store that refuses one of them is probed no further."""
    accessible: list[Settings] = []

    def access() -> str:
        found = _access(settings())
        accessible.append(settings())
        return found

    def probe(check: Callable[[Settings], str]) -> str:
        if not accessible:
            raise Unhealthy("not probed, because of what `store` found", "mend that first")
        return check(accessible[0])

    probes = {
        "one creator": _one_creator,
        "one writer": _one_writer,
        "safe deletion": _safe_deletion,
        "fresh answers": _fresh_answers,
        "clock": _clock,
    }
    return [("store", access), *((name, lambda check=check: probe(check)) for name, check in probes.items())]


def _access(settings: Settings) -> str:
    from datapilot_resources.store_probes import refused

    found = refused(settings)
    if not found:
        return f"{settings.store_root}: can be written, read, listed and deleted from"
    told = [f"{name} ({answer}), so {_WITHOUT[name]}" for name, answer in found.items()]
    if not settings.store_is_s3:
        remedy = "name a folder in DATAPILOT_STORE that this user may read and write"
    elif len(found) == len(_ACTIONS):
        remedy = "check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, and that the bucket is there"
    else:
        remedy = f"allow {', '.join(_ACTIONS[name] for name in found)} on {settings.store_root}"
    raise Unhealthy(f"{settings.store_root} refuses to {'; to '.join(told)}", remedy)


def _one_creator(settings: Settings) -> str:
    from datapilot_resources.store_probes import CREATORS, creation_winners

    winners = creation_winners(settings)
    if winners == 1:
        return f"of {CREATORS} that created one object at once, one was told that it did"
    raise Unhealthy(
        f"unfit: of {CREATORS} that created one object at once, {winners} were told that they did (If-None-Match is "
        "not honoured), so two writers can overwrite each other's commit and landed files are lost unseen",
        _ANOTHER,
    )


def _one_writer(settings: Settings) -> str:
    from datapilot_resources.store_probes import REPLACERS, locks_exclude, replacement_winners

    alone = "let only one process write at a time, on one machine"
    if not settings.store_is_s3:
        if locks_exclude(settings):
            return "a file lock keeps a second writer out"
        raise Unhealthy("this file system's locks keep nobody out: two writers of a table can meet", alone)
    winners = replacement_winners(settings)
    if winners == 1:
        return f"of {REPLACERS} that replaced one state of an object at once, one did"
    raise Unhealthy(
        f"of {REPLACERS} that replaced one state of an object at once, {winners} did (If-Match on PUT is not "
        "honoured), so a writer cannot keep a second one out",
        f"{alone}; or {_ANOTHER}",
    )


def _safe_deletion(settings: Settings) -> str:
    from datapilot_resources.store_probes import conditional_deletion

    if not settings.store_is_s3:
        return "a file is renamed before it is read and deleted"
    answer = conditional_deletion(settings)
    if answer == "honoured":
        return "a deletion that names a state leaves a later one alone"
    if answer == "ignored":
        return (
            "this server ignores If-Match on DELETE; the state is compared just before instead, so give each file a "
            "new name: one sent under the same name in that moment is deleted unread"
        )
    raise Unhealthy("a DELETE with If-Match is refused: a landed file stays in the inbox", _ANOTHER)


def _fresh_answers(settings: Settings) -> str:
    from datapilot_resources.store_probes import outdated_answers

    outdated = outdated_answers(settings)
    if outdated:
        what = f"{', '.join(outdated)} showed the state before, so a run can overlook what another has just written"
        raise Unhealthy(what, "use a strongly consistent store, without a cache in front of it")
    return "reads and listings show the last write and the last deletion"


def _clock(settings: Settings) -> str:
    """The store's clock against ours: arrival times decide which file is newer."""
    from datapilot_resources.store_probes import clock_lead

    lead = clock_lead(settings)
    if abs(lead) > _CLOCK_TOLERANCE:
        side = "ahead of" if lead > dt.timedelta() else "behind"
        what = f"the store's clock is {abs(lead)} {side} ours, so the newer of two files can count as older"
        raise Unhealthy(what, "set the clock (NTP)")
    return f"{dt.datetime.now(dt.timezone.utc):%Y-%m-%d %H:%M} UTC, as the store's"
