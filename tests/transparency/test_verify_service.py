"""verify.py asks a service, and finds what it serves wrongly."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.transparency.builder import compact, flip, record

Run = Callable[..., tuple[int, str]]


class Service:
    """A tiny service: an archive's files and a list of questions."""

    def __init__(self, archive: Path, questions: list[dict[str, Any]]) -> None:
        self.archive, self.questions = archive, questions
        self.connections, self.status = set[Any](), 200

    def answer(self, path: str) -> bytes | None:
        if path.startswith("/v1/questions?limit=200&sort=updated_at"):
            at = int(path.partition("&cursor=")[2] or 0)
            rest = str(at + 2) if at + 2 < len(self.questions) else None
            return compact({"data": self.questions[at : at + 2], "next_cursor": rest})
        if path == "/v1/exports/ledger.jsonl":
            path = "/log/ledger.jsonl"
        file = self.archive / path.removeprefix("/log/")
        return file.read_bytes() if file.is_file() else None


@contextmanager
def serving(service: Service) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = service.answer(self.path)
            service.connections.add(self.client_address)
            self.send_response(service.status if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service(tmp_path: Path) -> Service:
    states = {"question_q0": "declined", "question_q1": "withdrawn", "question_q2": "unanswered"}
    shown = [{"id": name, "state": state, "version": 1} for name, state in states.items()]
    return Service(record().archive(tmp_path / "archive"), shown)


def test_a_service_verifies_over_few_connections(run: Run, service: Service) -> None:
    with serving(service) as url:
        code, said = run(url)

    assert code == 0, said
    assert "3 states shown by the service are right" in said
    assert len(service.connections) == 2


def test_a_state_that_a_service_shows_wrongly_is_found(run: Run, service: Service) -> None:
    service.questions[2]["state"] = "answered"
    with serving(service) as url:
        code, said = run(url)
        service.questions[2]["version"] = 1000  # it has moved on since
        again = run(url)[0]

    assert (code, "question_q2" in said, again) == (1, True, 0), said


def test_a_question_that_a_service_does_not_show_is_found(run: Run, service: Service) -> None:
    service.questions.pop()
    with serving(service) as url:
        code, said = run(url)

    assert (code, "does not show question_q2" in said) == (1, True)


@pytest.mark.parametrize("name", ["tile/0/000.p/17", "checkpoint", "ledger.jsonl"])
def test_what_a_service_serves_wrongly_is_found(run: Run, service: Service, name: str) -> None:
    path = service.archive / name
    flip(path, path.stat().st_size // 2)
    with serving(service) as url:
        assert run(url)[0] == 1


def test_a_service_that_cannot_be_asked_is_not_accused(run: Run, service: Service) -> None:
    with serving(service) as url:
        service.status = 503
        assert run(url)[0] == 2
    code, said = run(url)

    assert (code, "Could not be checked" in said) == (2, True)
    assert run("http://[")[0] == 2
    assert run(f"http://{'a' * 70}..example/")[0] == 2


@pytest.mark.parametrize("name", ["checkpoint", "ledger.jsonl"])
def test_an_address_without_a_log_is_not_accused(run: Run, service: Service, name: str) -> None:
    (service.archive / name).unlink()
    with serving(service) as url:
        assert run(url)[0] == 2


def test_a_list_of_questions_that_goes_in_circles_is_left(run: Run, service: Service) -> None:
    service.answer = lambda path, answer=service.answer: (  # type: ignore[method-assign, misc]
        compact({"data": [], "next_cursor": "1"}) if "/v1/questions" in path else answer(path)
    )
    with serving(service) as url:
        assert run(url)[0] == 2
