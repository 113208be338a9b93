"""What will go says so: in every answer, and in the document. (Nothing does today, so here stands
a small application of its own.)"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Query, Response
from httpx import ASGITransport, AsyncClient

from app.core import problems
from app.core.boundary import Boundary
from app.core.deprecation import Deprecation
from app.core.errors import NotFound
from app.core.routing import StrictRoute
from app.core.settings import Settings
from app.main import build

WHY = "https://answerable.test/changes#old"
LEAVING = Deprecation(since=date(2027, 1, 1), sunset=date(2027, 7, 1), link=WHY)
UNDATED = Deprecation(since=date(2027, 1, 1), sunset=None, link=WHY)
router = APIRouter(route_class=StrictRoute)


@router.get("/old", **LEAVING.endpoint())
async def old(response: Response, missing: bool = False) -> str:
    if missing:
        raise NotFound("It is not here.")
    response.headers["Link"] = '</new>; rel="next"'
    return "old"


@router.get("/some", dependencies=[UNDATED.parameter("before")])
async def some(before: Annotated[str | None, Query(deprecated=True)] = None) -> str:
    return f"some {before}"


@pytest.fixture
def small() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    return app


@pytest.fixture
async def caller(small: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(Boundary(small, Settings()))
    async with AsyncClient(transport=transport, base_url="https://answerable.test") as client:
        yield client


async def test_an_endpoint_that_will_go_says_since_when_until_when_and_why(
    caller: AsyncClient,
) -> None:
    answer = await caller.get("/old")

    since = datetime.fromtimestamp(int(answer.headers["deprecation"].removeprefix("@")), UTC)
    assert since == datetime(2027, 1, 1, tzinfo=UTC)
    assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2027, 7, 1, tzinfo=UTC)
    assert answer.headers["link"] == (
        f'</new>; rel="next", <{WHY}>; rel="deprecation"; type="text/html"'
    )


async def test_it_says_so_in_a_304_and_in_a_problem_too(caller: AsyncClient) -> None:
    tag = (await caller.get("/old")).headers["etag"]

    unchanged = await caller.get("/old", headers={"If-None-Match": tag})
    failed = await caller.get("/old?missing=true")

    assert (unchanged.status_code, failed.status_code) == (304, 404)
    for answer in (unchanged, failed):
        assert answer.headers["deprecation"] == "@1798761600"
        assert f"<{WHY}>" in answer.headers["link"]


async def test_a_parameter_that_will_go_says_so_to_those_who_send_it(caller: AsyncClient) -> None:
    without, with_it = await caller.get("/some"), await caller.get("/some?before=x")

    assert "deprecation" not in without.headers
    assert with_it.headers["deprecation"] == "@1798761600"
    assert "sunset" not in with_it.headers


def test_the_document_says_so(small: FastAPI) -> None:
    paths = small.openapi()["paths"]

    assert paths["/old"]["get"]["deprecated"] is True
    assert paths["/some"]["get"]["parameters"][0]["deprecated"] is True
    assert "deprecated" not in paths["/some"]["get"]


def test_what_the_service_s_document_calls_deprecated_is_nothing_today() -> None:
    for item in build(Settings()).openapi()["paths"].values():
        for operation in item.values():
            assert not operation.get("deprecated")
