"""The HTTP server's last words: what it cannot even parse is answered with a problem too."""

import uuid

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core import problems
from app.core.errors import Malformed


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, but for the body of its 400."""

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not HTTP, and close the connection."""
        detail = "This is not a valid HTTP request. Percent-encode the address."
        answer = problems.render(Malformed(detail), uuid.uuid4().hex)
        head = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        head += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.close()
