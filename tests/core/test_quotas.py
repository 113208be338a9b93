"""The setting of rate limits: what can be written, and what is said of what cannot."""

import pytest
from pydantic import ValidationError

from app.core import quotas
from app.core.quotas import Quota, Quotas
from app.core.settings import Settings


def test_what_is_left_out_keeps_its_default() -> None:
    read = quotas.read("reads=5/second, key_writes=7/day ,streams=3")

    assert read == Quotas(reads=Quota(5, 1), key_writes=Quota(7, 86_400), streams=3)
    assert quotas.read("") == Quotas()


@pytest.mark.parametrize("text", ["off", " OFF "])
def test_limits_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ANSWERABLE_RATE_LIMITS", text)

    assert Settings().rate_limits is None


def test_limits_are_on_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSWERABLE_RATE_LIMITS", raising=False)

    assert Settings().rate_limits == Quotas()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("600", "there is no limit '600'"),
        ("read=600/minute", "there is no limit 'read', only reads, writes"),
        ("reads=600", "write reads as a number, / and second, minute, hour or day"),
        ("reads=0/minute", "write reads as a number"),
        ("reads=-1/minute", "write reads as a number"),
        ("reads=6/fortnight", "write reads as a number"),
        ("reads=1/minute,reads=2/minute", "give reads once"),
        ("streams=many", "write streams as a number: streams=50"),
    ],
)
def test_a_limit_that_cannot_be_read_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("ANSWERABLE_RATE_LIMITS", text)

    with pytest.raises(ValidationError, match=message):
        Settings()


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://"])
def test_an_address_of_redis_that_is_none_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ANSWERABLE_REDIS_URL", url)

    with pytest.raises(ValidationError, match="use redis://:PASSWORD@HOST:PORT/DATABASE"):
        Settings()
