"""verify.py answers whatever it is given with a sentence and an exit code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.transparency import verify
from tests.transparency.builder import Signer, flip, record

Run = Callable[..., tuple[int, str]]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"null\n",
        b'{"disclosures":[],"leaf":{}}\n',
        b'{"disclosures":[],"leaf":{"seq":3}}\n',
        b'{"disclosures":["x"],"leaf":' + b"[" * 50_000 + b"}\n",
        b'{"disclosures":[],"leaf":\xff\xfe}\n',
        b'{"disclosures":[],"leaf":{"seq":' + b"9" * 5000 + b"}}\n",
        b'{"leaf":{},"disclosures":[]}\n',
    ],
)
def test_whatever_stands_in_a_line_it_is_refused_in_a_sentence(
    tmp_path: Path, run: Run, line: bytes
) -> None:
    ledger = record()
    lines = ledger.text().splitlines(keepends=True)
    lines[3] = line
    (tmp_path / "ledger.jsonl").write_bytes(b"".join(lines[: 4 if line in (b"", b"{}") else None]))

    code, said = run(tmp_path / "ledger.jsonl")

    assert (code, "Event 3:" in said) == (1, True), said


@pytest.mark.parametrize("name", ["recorded_at", "data", "subject", "type", "question", "_sd"])
@pytest.mark.parametrize("value", [None, 5, {}, [[]], "\x1b[2J"])
def test_a_leaf_of_another_form_is_refused_or_harmless(
    tmp_path: Path, run: Run, name: str, value: Any
) -> None:
    ledger = record()
    ledger.leaves[2].event[name] = value

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1 or name in ("type", "question")
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "header",
    [b"", b"{}\n", b"[]\n", b"\xff\n", b'{"log":5}\n', b'{"log":{"checkpoint":"x\\n\\n"}}\n'],
)
def test_a_first_line_of_another_form_is_refused(tmp_path: Path, run: Run, header: bytes) -> None:
    (tmp_path / "ledger.jsonl").write_bytes(header)

    assert run(tmp_path / "ledger.jsonl")[0] == 1


def test_a_note_has_not_too_many_signatures(tmp_path: Path, run: Run) -> None:
    ledger = record()
    note = ledger.note(*ledger.signers, *[Signer(n, "witness.example/1") for n in range(2, 70)])

    assert run(ledger.file(tmp_path / "ledger.jsonl", note))[0] == 1


def test_cosignatures_of_witnesses_are_no_hindrance(tmp_path: Path, run: Run) -> None:
    ledger = record()
    note = ledger.note(Signer(7, "witness.example/1"), *ledger.signers)

    assert run(ledger.file(tmp_path / "ledger.jsonl", note))[0] == 0


def test_the_file_alone_is_the_program_and_its_exit_codes_are_documented(tmp_path: Path) -> None:
    shutil.copy(verify.__file__, tmp_path / "verify.py")
    ledger = record()
    good, bad = ledger.file(tmp_path / "good.jsonl"), ledger.file(tmp_path / "bad.jsonl")
    flip(bad, bad.stat().st_size - 20)

    def alone(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "verify.py", *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONUTF8": "0"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert alone(good).returncode == 0
    assert alone(bad).returncode == 1
    assert alone(tmp_path / "nothing.jsonl").returncode == 2
    assert alone().returncode == 2
    assert "Exit codes: 0 verified. 1 the record does not verify" in alone("--help").stdout
    assert all("Traceback" not in alone(one).stderr for one in (good, bad, "nothing"))


def test_a_kept_file_of_another_form_is_named(tmp_path: Path, run: Run) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("{}")

    code, said = run(record().file(tmp_path / "ledger.jsonl"), "--kept", kept)

    assert (code, "kept.json" in said) == (2, True)
