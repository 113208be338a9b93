"""The text of a checkpoint: read as strictly as it is written."""

import base64

import pytest

from app.transparency.notes import Checkpoint, NotANote


def encoded(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


ROOT = encoded(bytes(range(32)))


@pytest.mark.parametrize("size", [0, 1, 20852163, (1 << 63) - 1])
def test_a_checkpoint_is_written_and_read_again(size: int) -> None:
    checkpoint = Checkpoint("record.example.org/log", size, bytes(range(32)))

    assert checkpoint.text == f"record.example.org/log\n{size}\n{ROOT}\n"
    assert Checkpoint.parse(checkpoint.text) == checkpoint


def test_extension_lines_of_a_checkpoint_are_passed_over() -> None:
    checkpoint = Checkpoint.parse(f"example.org/log\n3\n{ROOT}\nof no interest\nnor this\n")

    assert checkpoint == Checkpoint("example.org/log", 3, bytes(range(32)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"example.org/log\n3\n{ROOT}",
        f"example.org/log\n{ROOT}\n",
        "example.org/log\n3\n",
        f"\n3\n{ROOT}\n",
        f"example.org/log\n\n{ROOT}\n",
        "example.org/log\n3\n\n",
        f"example.org/log\n3\n{ROOT}\n\n",
        f"example.org/log\n3\n{ROOT}\n\nextension\n",
        f"example.org/log\n3\n{ROOT}\nextension",
        f"example.org/log\n03\n{ROOT}\n",
        f"example.org/log\n00\n{ROOT}\n",
        f"example.org/log\n-3\n{ROOT}\n",
        f"example.org/log\n+3\n{ROOT}\n",
        f"example.org/log\n3 \n{ROOT}\n",
        f"example.org/log\n1_000\n{ROOT}\n",
        f"example.org/log\n3.0\n{ROOT}\n",
        f"example.org/log\n0x3\n{ROOT}\n",
        f"example.org/log\n\u0663\n{ROOT}\n",
        f"example.org/log\n{1 << 63}\n{ROOT}\n",
        f"example.org/log\n{'9' * 5000}\n{ROOT}\n",
        f"example.org/log\n3\n{ROOT} \n",
        f"example.org/log\n3\n{ROOT[:-1]}\n",
        f"example.org/log\n3\n{encoded(bytes(31))}\n",
        f"example.org/log\n3\n{encoded(bytes(33))}\n",
        f"example.org/log\n3\n{encoded(bytes(32))[:-2]}B=\n",
        f"example.org/log\n3\n{'0' * 64}\n",
    ],
)
def test_what_is_no_checkpoint_is_not_read(text: str) -> None:
    with pytest.raises(NotANote):
        Checkpoint.parse(text)
