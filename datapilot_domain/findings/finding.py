"""What one finding says, in both languages of an organization."""

from __future__ import annotations

import string
from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """Something that landing can find, or what a command is for. `{named}` slots are filled with values when it is
    worded; `{column!r}` quotes what the file says. Its name and slots are kept in the log: they never change."""

    model_config = ConfigDict(frozen=True)

    name: str
    pt: str
    en: str

    def template(self, locale: str) -> str:
        return self.pt if locale == "pt-BR" else self.en

    @cached_property
    def slots(self) -> frozenset[str]:
        return slots_of(self.en)


def slots_of(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def finding(name: str, pt: str, en: str) -> Finding:
    return Finding(name=name, pt=pt, en=en)
