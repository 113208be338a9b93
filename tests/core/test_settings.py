"""Settings: all documented, read from the environment, and clear about what is wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import Settings

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the environment of the test run sets."""
    for name in [*Settings.model_fields, "PORT"]:
        monkeypatch.delenv(f"ANSWERABLE_{name}".upper(), raising=False)
    monkeypatch.delenv("PORT", raising=False)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readme_s_table(name: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert re.search(rf"^\|.*`ANSWERABLE_{name.upper()}`.*\|.*\|", readme, re.MULTILINE)


def test_the_readme_s_table_names_no_setting_that_there_is_not() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    named = re.findall(r"^\|[^|]*`ANSWERABLE_([A-Z_]+)`", readme, re.MULTILINE)
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERABLE_DATABASE_URL", "postgres://a:b@db:5432/answerable")
    monkeypatch.setenv("ANSWERABLE_PUBLIC_URL", "https://answerable.example/")
    monkeypatch.setenv("ANSWERABLE_CORS_WRITE_ORIGINS", '["https://newsroom.example"]')
    monkeypatch.setenv("ANSWERABLE_PORT", "9000")

    settings = Settings()

    assert settings.database_url == "postgresql+asyncpg://a:b@db:5432/answerable"
    assert settings.public_url == "https://answerable.example"
    assert settings.cors_write_origins == ["https://newsroom.example"]
    assert settings.port == 9000
    assert not settings.is_sqlite


def test_plain_port_is_read_and_links_follow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")

    assert Settings().port == 8123
    assert Settings().public_url == "http://127.0.0.1:8123"


def test_the_pepper_is_never_shown() -> None:
    settings = Settings(pepper="a pepper that nobody should ever see")

    assert "nobody should" not in repr(settings) + str(settings.model_dump())


WRONG = [
    ("database_url", "mysql://localhost/a", "sqlite:///PATH or postgresql://"),
    ("database_url", "answerable.db", "sqlite:///PATH or postgresql://"),
    ("database_url", "", "sqlite:///PATH or postgresql://"),
    ("port", "eighty", "valid integer"),
    ("port", "70000", "less than or equal to 65535"),
    ("pepper", "short", "at least 32"),
    ("database_pool_size", "0", "greater than or equal to 1"),
    ("database_timeout", "-1", "greater than 0"),
    ("database_timeout", "nan", "less than or equal to 300"),
    ("max_body_bytes", "10", "greater than or equal to 1024"),
    ("body_timeout", "0", "greater than 0"),
    ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
    ("log_format", "xml", "'json' or 'console'"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_setting_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"ANSWERABLE_{name.upper()}", value)

    with pytest.raises(ValidationError, match=re.escape(message)):
        Settings()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PORT", "eighty", "ANSWERABLE_PORT"),
        ("ANSWERABLE_CORS_WRITE_ORIGINS", "https://a.example", "ANSWERABLE_CORS_WRITE_ORIGINS"),
    ],
)
def test_a_command_names_the_wrong_setting_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "openapi"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: {named}: ")
