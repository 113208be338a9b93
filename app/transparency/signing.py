"""Signing checkpoints: only of a tree that continues the one that was signed last.

What was signed last is kept outside the database (`vault`). A database restored from an older
backup does not continue it; then nothing is signed and nothing recorded until somebody decides.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.ledger.queries import lock
from app.transparency import lineage, queries
from app.transparency.models import KEY, LOG
from app.transparency.notes import Checkpoint, Signer
from app.transparency.queries import Head
from app.transparency.vault import Vault

log = structlog.get_logger("answerable.log")
PATH = "/log"


class SignedLog:
    """The log as one process signs it.

    While it exists, nothing is recorded in a database that does not continue what was signed.
    What refuses is looked at again whenever somebody asks, so that it ends by itself.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self.vault = Vault(settings)
        self.origin = ""
        self.signers: list[Signer] = []
        self.halted: str | None = None
        """Why nothing is recorded, nor signed; None when it may be."""
        self._unfit: str | None = None
        """Why the keys at hand must not sign."""
        self._stopped: str | None = None
        """Which alarm has stopped the signing."""
        self._is_ready = False
        self._serves = False
        self.database = database
        database.gate = self._gate
        self._public_url = settings.public_url
        self._signed: tuple[Head, str] | None = None
        self._turn = asyncio.Lock()

    @property
    def refusal(self) -> str | None:
        """Why nothing is signed, for who runs the service; None when all is well."""
        return self._stopped or self.halted or self._unfit

    async def start(self) -> None:
        """Prepare, unless the database is away: then it is done when it is back."""
        self._serves = True
        try:
            await self.prepare()
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("log not prepared yet: the database does not answer")

    async def prepare(self) -> None:
        """Make the log and its key at first start, and make sure that the tree continues it.

        Where it does not, or another key is at hand, that is looked at anew each time.
        """
        if self._is_ready:
            return
        last = self.vault.last()
        async with self.database.reading() as session:
            row, known = await self._look(session, last)
            size = (await queries.head(session)).size
        if not self.signers and not known and self.refusal is None:
            self.signers = self.vault.first_keys(self.origin)
        vkeys = {one.verifier.vkey for one in self.signers}
        is_new = row is None or bool(vkeys - set(known))
        if is_new and self.refusal is None:
            await self._introduce()
            is_new = False
        self._is_ready = not is_new and self.halted is None and self._unfit is None
        if self._serves and self._is_ready and last is None and known and size:
            log.warning("nothing is kept to compare with", advice=self._unguarded())

    async def _gate(self) -> None:
        """Let nothing be recorded in a database that does not continue what was signed."""
        await self.prepare()
        if self.halted is not None:
            raise Unavailable(f"Nothing can be recorded at present. {self.halted}")

    async def checkpoint(self, session: AsyncSession) -> str:
        """Return a signed checkpoint of the tree, which this session sees afterwards.

        It begins a new snapshot unless what it sees was signed already. So who waits for the turn
        holds no connection, and who has the turn gets one, however few there are.

        Raises:
            Unavailable: nothing is signed; the message says why and what to do.
        """
        if not self._is_ready:
            await session.rollback()
            await self.prepare()
        note = self._note_of(await queries.head(session))
        if note is not None:
            return note
        await session.rollback()
        async with self._turn:
            last = self.vault.last()  # before the snapshot, which then has all that was signed
            head = await queries.head(session)
            return self._note_of(head) or await self._signed_of(session, head, last)

    async def _signed_of(self, session: AsyncSession, head: Head, last: str | None) -> str:
        await self._look(session, last)
        if self.refusal is not None:
            raise Unavailable(f"The log is not signed at present. {self.refusal}")
        note = sign(Checkpoint(self.origin, head.size, head.root), self.signers)
        if not await asyncio.to_thread(self.vault.remember, note):
            raise Unavailable("A new log was opened just now. Ask again.")
        self._signed = (head, note)
        return note

    def latest(self) -> tuple[Head, str] | None:
        """Return the checkpoint that this process signed last, None when it may not be used."""
        self.refuse_if_stopped()
        return self._signed if self.refusal is None else None

    def refuse_if_stopped(self) -> None:
        """Sign nothing while an alarm stands, in whichever process it was raised."""
        self._stopped = self.vault.stopped()

    def _note_of(self, head: Head) -> str | None:
        latest = self.latest()
        return latest[1] if latest is not None and latest[0] == head else None

    async def _look(self, session: AsyncSession, last: str | None) -> tuple[Any, list[str]]:
        """Judge anew whether this process may sign and record; return the log's row, and its keys.

        last: what was signed last, read before the session's snapshot began.
        """
        row = await queries.log(session)
        known = list(await queries.vkeys(session))
        signers = self.vault.signers()
        named = signers[0].verifier.name if signers else self._new_origin()
        origin = named if row is None else str(row.origin)
        fork = None
        if last is not None:
            fork = await lineage.broken(session, row, origin, last, self.vault.directory)
        # nothing is awaited from here on, so that nobody sees half of it
        if self._serves and fork != self.halted:
            _tell(fork)
        self.origin, self.signers, self.halted = origin, signers, fork
        self._unfit = self._wrong_key(known)
        self.refuse_if_stopped()
        if self.halted is not None or self._unfit is not None:
            self._is_ready = False
        return row, known

    def _new_origin(self) -> str:
        return f"{self._public_url.partition('://')[2]}{PATH}"

    def _wrong_key(self, known: list[str]) -> str | None:
        """Say why the keys at hand must not sign this log, None when they may."""
        vkeys = {signer.verifier.vkey for signer in self.signers}
        names = {signer.verifier.name for signer in self.signers}
        if vkeys and names != {self.origin}:
            return (
                f"The key at hand is named {', '.join(sorted(names))}, and the log {self.origin}."
                " Set ANSWERABLE_LOG_KEY, or ANSWERABLE_LOG_DIR, to this log’s own."
            )
        if known and not vkeys & set(known):
            return (
                f"The key that signs this log is not at hand; it is looked for in"
                f" {self.vault.directory}. Bring it back, or set ANSWERABLE_LOG_DIR or"
                " ANSWERABLE_LOG_KEY. If it is lost for good: `answerable log rotate-key --lost`."
            )
        return None

    async def _introduce(self) -> None:
        """Write down which log this is and who signs it, unless another process has done it."""
        async with self.database.writing() as session:
            await lock(session)
            if await queries.log(session) is None:
                values = {"number": 1, "origin": self.origin, "opened_at": clock.now()}
                await session.execute(insert(LOG).values(**values, opening=None))
            known = await queries.vkeys(session)
            for signer in reversed(self.signers):
                if signer.verifier.vkey not in known:
                    values = {"vkey": signer.verifier.vkey, "added_at": clock.now()}
                    await session.execute(insert(KEY).values(**values))

    def _unguarded(self) -> str:
        return (
            f"This log was signed before, and {self.vault.directory} keeps no checkpoint of it, so"
            " an older backup would not be noticed. All that sign one log share one directory"
            " (ANSWERABLE_LOG_DIR) on a volume that lasts. If it was lost, compare the database"
            " with what somebody has kept: `answerable verify --database --kept FILE`."
        )


def sign(checkpoint: Checkpoint, signers: Sequence[Signer]) -> str:
    """Return a checkpoint as a note that these keys have signed."""
    text = checkpoint.text
    return f"{text}\n" + "".join(signer.sign(text) for signer in signers)


def _tell(fork: str | None) -> None:
    if fork is None:
        log.warning("the record is continued again")
    else:
        log.critical("the record was not continued", reason=fork)
