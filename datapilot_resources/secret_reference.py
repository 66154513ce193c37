"""A secret that a file of settings names and does not hold: in a variable, or in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from datapilot_resources.settings import SettingsError


class SecretReference(BaseModel):
    """`{variable: NAME}` or `{file: PATH}`; what it names is read when it is used."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    variable: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> SecretReference:
        if (self.variable is None) == (self.file is None):
            raise ValueError("name a variable or a file, and not the secret itself")
        return self

    def read(self) -> SecretStr:
        """Raises SettingsError naming the variable or file: not set, unreadable, or empty."""
        if self.variable is not None:
            value, where = os.environ.get(self.variable, ""), f"{self.variable} is not set"
        else:
            assert self.file is not None
            where = f"{self.file} is empty"
            try:
                value = self.file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"cannot read {self.file} ({type(error).__name__}); name a readable file") from None
        if not value:
            raise SettingsError(where)
        return SecretStr(value)
