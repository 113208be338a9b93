"""Schemathesis finds no answer that the document does not allow, on either database.

A bounded run, the same each time; with FUZZ_SECONDS (`make fuzz`) all phases, as long as that.
What it does not try has tests of its own: lone surrogates in tests/core/test_hostile.py.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from app.auth import queries as keys
from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from tests.conftest import new_key
from tests.support.server import serving

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONFIG = HERE / "schemathesis.toml"
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
SECONDS = os.environ.get("FUZZ_SECONDS")
EXTENT = ("--max-examples", "2", "--seed", "20250515")
BOUNDED = """
[phases.coverage]
enabled = false

[[operations]]
include-operation-id = ["updateAsker", "getTimeline", "rotateKey", "createRuling"]
phases.coverage.enabled = true
"""
"""The coverage phase takes minutes over all operations, so here it has one of each kind."""
INSTEAD = "positive_data_acceptance,not_a_server_error"
"""Checks in whose place those of hooks.py stand."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"serve_worker": True})


@pytest.mark.timeout(int(SECONDS or 0) + 900)  # several processes share a core
async def test_schemathesis_finds_no_failure(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings)
    key = await new_key(settings, database, "schemathesis", Scope.ADMIN)
    async with database.reading() as session:
        own_key = (await keys.page(session, after=None, limit=1))[0].id
    await database.close()
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.read_text("utf-8") + ("" if SECONDS else BOUNDED), encoding="utf-8")
    extent = ("--max-time", SECONDS) if SECONDS else EXTENT
    with serving(settings) as server:
        found = await asyncio.create_subprocess_exec(
            *(SCHEMATHESIS, "--config-file", config, "run", f"{server.url}/openapi.json"),
            *("--checks", "all", "--exclude-checks", INSTEAD),
            *("--header", f"Authorization: Bearer {key}"),
            *("--request-timeout", "30", "--continue-on-failure", *extent),
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
                "OWN_KEY": own_key,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await found.communicate()
    assert found.returncode == 0, said.decode()[-30_000:]
