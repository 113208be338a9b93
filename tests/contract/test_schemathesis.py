"""Schemathesis finds no answer that the document does not allow, on either database.

A bounded run, the same each time; with FUZZ_SECONDS (`make fuzz`) all phases, as long as that.
What it does not try has tests of its own: lone surrogates in tests/core/test_hostile.py.
"""

import os
import subprocess
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
SECONDS = os.environ.get("FUZZ_SECONDS")
BOUNDED = ("--phases", "fuzzing,stateful", "--max-examples", "2", "--seed", "20250515")
"""The coverage phase alone takes minutes: it is a part of the long run."""
INSTEAD = "positive_data_acceptance,not_a_server_error"
"""Checks in whose place those of hooks.py stand."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"serve_worker": True})


async def test_schemathesis_finds_no_failure(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings)
    key = await new_key(settings, database, "schemathesis", Scope.ADMIN)
    async with database.reading() as session:
        own_key = (await keys.page(session, after=None, limit=1))[0].id
    await database.close()
    with serving(settings) as server:
        extent = BOUNDED
        if SECONDS:
            extent = ("--phases", "coverage,fuzzing,stateful", "--max-time", SECONDS)
        done = subprocess.run(
            [
                *(Path(sys.executable).parent / "schemathesis", "--config-file"),
                *(HERE / "schemathesis.toml", "run", f"{server.url}/openapi.json"),
                *("--checks", "all", "--exclude-checks", INSTEAD),
                *("--header", f"Authorization: Bearer {key}"),
                *("--request-timeout", "30", "--continue-on-failure", *extent),
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
                "OWN_KEY": own_key,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
