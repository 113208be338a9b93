"""Redocly's and Spectral's rules find nothing in the document that is not argued in a config.

They need Node 20 or later; the package lock beside this file says what is installed.
"""

import json
from pathlib import Path

import pytest

from tests.clients.using import ENVIRONMENTS, HERE, ROOT, run

MODULES = ENVIRONMENTS / "node" / "node_modules"
pytestmark = pytest.mark.skipif(not MODULES.exists(), reason="Node 20 or later is not here")


def test_redocly_recommends_nothing(tmp_path: Path) -> None:
    output = run(
        MODULES / ".bin" / "redocly",
        *("lint", ROOT / "openapi.json", "--config", HERE / "redocly.yaml", "--format", "json"),
        folder=tmp_path,
        REDOCLY_TELEMETRY="off",
        REDOCLY_SUPPRESS_UPDATE_NOTICE="true",
    )
    assert json.loads(output)["problems"] == []


def test_spectral_finds_nothing(tmp_path: Path) -> None:
    output = run(
        MODULES / ".bin" / "spectral",
        *("lint", "openapi.json", "--ruleset", HERE / "spectral.yaml", "--format", "json"),
        *("--quiet", "--fail-severity", "hint"),
        folder=ROOT,
    )
    assert json.loads(output) == []
