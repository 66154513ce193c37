"""A folder of files for people: made aside, then put in the place of the old one as a whole."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from datapilot_interfaces.cli.errors import CommandError


class MonthFolder:
    """The folder `path`: written files are in it after `put_in_place`, and none before. Raises CommandError."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._aside: Path | None = None

    def __enter__(self) -> MonthFolder:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._aside = Path(tempfile.mkdtemp(prefix=f".{self.path.name}-", dir=self.path.parent))
            self._aside.chmod(0o755)  # mkdtemp's folders are for one user alone
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._new, ignore_errors=True)  # gone when it was put in place

    @property
    def _new(self) -> Path:
        if self._aside is None:
            raise RuntimeError("enter the folder's context first")
        return self._aside

    def write(self, name: str, data: bytes) -> None:
        try:
            (self._new / name).write_bytes(data)
        except OSError as error:
            raise _unwritable(self.path / name, error) from error

    def put_in_place(self) -> None:
        """In the place of what was there: no moment shows files of both."""
        old = self._new.with_name(f"{self._new.name}-old")
        try:
            if self.path.exists():
                self.path.rename(old)
            self._new.rename(self.path)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError("FILE_UNWRITABLE", f"{path}: {error.strerror}", "choose another --output")
