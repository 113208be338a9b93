"""What the log keeps outside the database: its key, and the last checkpoint that it signed.

Both are there so that nobody who can write to the database can rewrite history, and no restored
backup can fork it. The directory holds `keys`, `checkpoint` and, after an alarm, `stopped`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from app.core import clock
from app.core.dates import format_instant, parse_instant
from app.core.settings import Settings
from app.transparency import notes
from app.transparency.notes import Checkpoint, Signer


class Vault:
    """The directory of one log."""

    def __init__(self, settings: Settings) -> None:
        self.directory = directory(settings)
        self._given = settings.log_key

    @property
    def is_given(self) -> bool:
        """Whether the keys come from the settings rather than from the directory."""
        return self._given is not None

    def signers(self) -> list[Signer]:
        """Return the keys that sign now, the newest first; none when there is no key yet.

        Raises:
            RuntimeError: what is there is no key.
        """
        try:
            if self._given is not None:
                return [Signer.parse(text) for text in self._given.get_secret_value().split()]
            lines = [line.split() for line in _lines(self.directory / "keys")]
            return [Signer.parse(key) for key, *until in lines if _is_current(until)]
        except ValueError as error:
            where = "ANSWERABLE_LOG_KEY" if self.is_given else str(self.directory / "keys")
            raise RuntimeError(f"{where} holds no key of a log: {error}") from None

    def first_keys(self, origin: str) -> list[Signer]:
        """Make the first key of a log, unless another process has made it just now."""
        with self._alone():
            if not self.signers():
                self.add(Signer.generate(origin), former_until=None)
            return self.signers()

    def add(self, new: Signer, *, former_until: datetime | None) -> None:
        """Have a key sign from now on, beside the present ones until then, if any."""
        lines = [new.skey]
        if former_until is not None:
            current = {signer.skey for signer in self.signers()}
            kept = [line.split()[0] for line in _lines(self.directory / "keys")]
            lines += [f"{key} {format_instant(former_until)}" for key in kept if key in current]
        self._write("keys", "\n".join(lines) + "\n")

    def last(self) -> str | None:
        """Return the last checkpoint that was signed, None when none was.

        Raises:
            RuntimeError: what is there is no checkpoint.
        """
        path = self.directory / "checkpoint"
        if not path.exists():
            return None
        try:
            note = path.read_bytes().decode()
            checkpoint_of(note)
        except ValueError as error:
            raise RuntimeError(
                f"{path} holds no signed checkpoint: {error} Bring back a copy of it. If there is"
                " none, take the file away: then nothing is kept to compare the database with."
            ) from None
        return note

    def remember(self, note: str) -> bool:
        """Keep a checkpoint before it is given to anybody, unless a larger one is kept already.

        False, and then nobody may have it: another log was opened meanwhile.
        """
        with self._alone():
            kept, new = self.last(), checkpoint_of(note)
            if kept is not None and checkpoint_of(kept).origin != new.origin:
                return False
            if kept is None or checkpoint_of(kept).size <= new.size:
                self._write("checkpoint", note)
            return True

    def set_next(self, signer: Signer) -> None:
        """Keep the key of a log that is about to be opened."""
        self._write("keys.next", f"{signer.skey}\n")

    def next(self, origin: str) -> Signer | None:
        """Return the key that was kept for a log about to be opened, None when there is none.

        Raises:
            RuntimeError: what is there is no key.
        """
        lines = _lines(self.directory / "keys.next")
        try:
            kept = [Signer.parse(line) for line in lines]
        except ValueError as error:
            raise RuntimeError(
                f"{self.directory / 'keys.next'} holds no key of a log: {error}"
            ) from None
        found = [one for one in (*kept, *self.signers()) if one.verifier.name == origin]
        return found[0] if found else None

    def go_on(self, mark: str, note: str) -> None:
        """Let the log that was opened begin: the former one's files are kept under other names.

        note: its first checkpoint. It comes last: until it is there, all this can be done again.
        """
        with self._alone():
            if (self.directory / "keys.next").exists():
                self._rename("keys", f"keys.{mark}")
                self._rename("keys.next", "keys")
            former = self.last()
            if former is not None:
                self._write(f"checkpoint.{mark}", former)
            self.resume()
            self._write("checkpoint", note)

    def _rename(self, name: str, new: str) -> None:
        path = self.directory / name
        if path.exists():
            path.replace(self.directory / new)

    def stop(self, why: str) -> None:
        """Sign nothing any more, also after the next start."""
        self._write("stopped", f"{format_instant(clock.now())} {why}\n")

    def stopped(self) -> str | None:
        """Return why signing was stopped, None when it was not."""
        path = self.directory / "stopped"
        return path.read_text("utf-8").strip() if path.exists() else None

    def resume(self) -> None:
        """Sign again."""
        (self.directory / "stopped").unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        """Replace a file so that a crash leaves the old one or the new one."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.directory / f"{name}.{os.getpid()}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            self._give(file.fileno())
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.directory / name)
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _give(self, descriptor: int) -> None:
        """Leave to the service what root writes in a command, or it could not read it any more."""
        if os.geteuid() == 0:
            owner = self.directory.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the other processes of this machine out meanwhile."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as file:
            self._give(file.fileno())
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def directory(settings: Settings) -> Path:
    """Return where a log's files are: as set, or named after the database.

    That is beside a SQLite file, and in the work folder for PostgreSQL.
    """
    return Path(settings.log_dir or f"{make_url(settings.database_url).database}.tlog")


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _is_current(until: list[str]) -> bool:
    return not until or parse_instant(until[0]) > clock.now()


def checkpoint_of(note: str) -> Checkpoint:
    """Read the checkpoint in a signed note.

    Raises:
        NotANote: it is none.
    """
    return Checkpoint.parse(notes.parse(note).text)
