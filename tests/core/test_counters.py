"""Counters: bounded in memory; shared in Redis; and a Redis that is away costs no answer."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core import counters, quotas
from app.core.counters import Counters, Memory
from app.core.settings import Settings
from app.main import surround
from tests.core.test_ratelimit import LIST, client, statuses


@pytest.fixture
def audible() -> Iterator[None]:
    """Let warnings be heard, which the tests otherwise silence."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    yield
    structlog.configure(**before)


class Redis:
    """A real Redis of this test."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._port = port
        self._command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
        self._command += ["--dir", str(folder), "--save", "", "--appendonly", "no"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server is not ready")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH: limits shared in Redis are not tested")
    server = Redis(tmp_path, free_port())
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def counting(url: str) -> AsyncIterator[Counters]:
    found = Counters(Settings(redis_url=url))
    yield found
    await found.close()


def test_a_million_addresses_take_no_more_memory_than_the_bound_allows() -> None:
    memory = Memory(most=1000)
    for number in range(50_000):
        memory.add(f"reads/{number}", 3600, 10)

    assert len(memory) == 1000
    assert memory.add("reads/49999", 3600, 10)[0] == 20


def test_counters_whose_window_has_passed_make_room_first() -> None:
    memory = Memory(most=1000)
    for number in range(100):
        memory.add(f"old/{number}", -1, 10)
    for number in range(60):
        memory.add(f"new/{number}", 3600, 10)

    assert len(memory) == 60


async def test_a_count_never_falls_below_nothing() -> None:
    memory = Memory()

    assert memory.add("a", 60, -9)[0] == 0
    assert memory.add("a", 60, 10)[0] == 10
    assert await memory.get("a") == 10


async def test_processes_count_together_in_redis(redis: Redis) -> None:
    async with counting(redis.url) as one, counting(redis.url) as other:
        count, ends = await one.add("reads/192.0.2.1", 3600, 10)
        assert (count, 3590 < ends - time.time() <= 3600) == (10, True)
        assert (await other.add("reads/192.0.2.1", 3600, 10))[0] == 20
        assert (await one.add("reads/192.0.2.1", 3600, -9))[0] == 11
        assert (await one.add("reads/192.0.2.2", 3600, 10))[0] == 10


async def test_a_window_in_redis_ends(redis: Redis) -> None:
    async with counting(redis.url) as found:
        counts = [(await found.add("reads/192.0.2.1", 1, 10))[0]]
        while counts[-1] != 10 or len(counts) == 1:
            counts.append((await found.add("reads/192.0.2.1", 1, 10))[0])
    assert counts[-2] > 10


async def test_a_redis_that_is_away_is_said_once_and_used_again_when_it_is_back(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, audible: None
) -> None:
    monkeypatch.setattr(counters, "PAUSE", 0.1)
    async with counting(redis.url) as found:
        assert (await found.add("reads/a", 3600, 10))[0] == 10
        redis.stop()
        with capture_logs() as said:
            assert (await found.add("reads/a", 3600, 10))[0] == 10
            await asyncio.sleep(0.2)
            assert (await found.add("reads/a", 3600, 10))[0] == 20
            assert [line["log_level"] for line in said] == ["warning"]
            redis.start()
            while len(said) == 1:
                await asyncio.sleep(0.05)
                await found.add("reads/a", 3600, 10)
        assert said[-1]["event"] == "rate limits are counted in Redis again"


async def test_a_redis_that_takes_connections_and_says_nothing_holds_nothing_up(
    web: FastAPI, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        async with counting(url) as found:
            web.state.counters, own = found, web.state.counters
            limits = settings.model_copy(update={"rate_limits": quotas.read("reads=2/hour")})
            async with asyncio.timeout(20):
                assert await statuses(client(surround(web, limits)), 3) == [200, 200, 429]
            web.state.counters = own


async def test_the_limit_holds_over_processes_that_share_a_redis(
    web: FastAPI, settings: Settings, redis: Redis
) -> None:
    limits = settings.model_copy(update={"rate_limits": quotas.read("reads=3/hour")})
    own, got = web.state.counters, []
    async with counting(redis.url) as one, counting(redis.url) as other:
        for found in (one, other, one, other):
            web.state.counters = found
            got += await statuses(client(surround(web, limits)), 1, url=LIST)
    web.state.counters = own
    assert got == [200, 200, 200, 429]
