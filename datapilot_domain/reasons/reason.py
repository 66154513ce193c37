"""What one reason code says."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Scope = Literal["file", "record", "month", "notice"]


class Reason(BaseModel):
    """One code. `file` reasons refuse, hold or park a whole file; `record` reasons quarantine a record;
    `month` reasons are gates that keep a month from being published; a `notice` refuses nothing. The texts of a
    notice have {values}, and its remedy may name `{org}` and `{file}` too, ready for a shell."""

    model_config = ConfigDict(frozen=True)

    code: str
    scope: Scope
    pt: str
    en: str
    remedy_pt: str
    remedy_en: str
    # For the remedy of a `file` reason where the check gives none of its own; `{org}` and `{file}` are filled in.
    command: str = ""

    def text(self, locale: str) -> str:
        return self.pt if locale == "pt-BR" else self.en

    def remedy(self, locale: str) -> str:
        return self.remedy_pt if locale == "pt-BR" else self.remedy_en


def reason(code: str, scope: Scope, pt: str, en: str, remedy_pt: str, remedy_en: str, command: str = "") -> Reason:
    wording = {"pt": pt, "en": en, "remedy_pt": remedy_pt, "remedy_en": remedy_en}
    return Reason(code=code, scope=scope, **wording, command=command)
