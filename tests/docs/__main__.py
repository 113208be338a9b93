"""`python -m tests.docs`: run the cookbook on both databases; `--write` writes its answers."""

import asyncio
import sys
import tempfile
import uuid
from pathlib import Path

from app.core.settings import Settings
from tests.conftest import LOG_KEY, PEPPER, migrate
from tests.docs.cookbook import PATH, Ran, rewritten, run
from tests.support import postgres


def settings_of(url: str, folder: Path) -> Settings:
    """Return the settings of a fresh, migrated database."""
    migrate(url)
    return Settings(
        database_url=url,
        pepper=PEPPER,
        log_key=LOG_KEY,
        log_dir=str(folder / "answerable.db.tlog"),
        serve_worker=False,
    )


def on_sqlite(text: str) -> list[Ran]:
    """Run the cookbook on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return run(text, settings_of(f"sqlite:///{folder}/answerable.db", folder), folder)


def on_postgresql(text: str) -> list[Ran]:
    """Run the cookbook on PostgreSQL."""
    server = postgres.start()
    name = f"cookbook_{uuid.uuid4().hex[:12]}"
    names = (name, f"{name}_restored")
    asyncio.run(server.run(*(f"CREATE DATABASE {one}" for one in names)))
    try:
        with tempfile.TemporaryDirectory() as home:
            settings = settings_of(server.database(name), Path(home))
            return run(text, settings, Path(home), server.database(names[1]))
    finally:
        asyncio.run(server.run(*(f"DROP DATABASE {one} WITH (FORCE)" for one in names)))


def main() -> int:
    """Return 0 when the answers are those shown, or were written."""
    text = before = PATH.read_text("utf-8")
    for database in (on_sqlite, on_postgresql):
        ran = database(text)
        for one in ran:
            if one.answer != one.recipe.answer:
                print(f"{PATH.name}, line {one.recipe.line}: another answer than shown")
        text = rewritten(text, ran)
    if "--write" in sys.argv:
        PATH.write_text(text, "utf-8")
        return 0
    return int(text != before)


if __name__ == "__main__":
    sys.exit(main())
