"""What a client says that it takes, and which of what is there it gets."""

import pytest

from app.core import negotiation

CODINGS = ("zstd", "gzip")


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (b"", ""),
        (b"gzip", "gzip"),
        (b"GZIP", "gzip"),
        (b"gzip, zstd", "zstd"),
        (b"gzip;q=1.0, zstd;q=0.9", "gzip"),
        (b"gzip;q=0", ""),
        (b"*;q=0.1, identity;q=0.5", ""),
        (b"*", "zstd"),
        (b"br, deflate", ""),
        (b"gzip;q=nan, zstd;q=-1", ""),
        (b"gzip;q=1e9", ""),
        (b";;;,,,=", ""),
        (b"\xff\xfe", ""),
    ],
)
def test_the_coding_that_is_wanted_most(accepted: bytes, chosen: str) -> None:
    assert negotiation.encoding(accepted, CODINGS) == chosen


@pytest.mark.parametrize(
    ("accepted", "languages"),
    [
        (b"", ()),
        (b"fr", ("fr",)),
        (b"fr-CA, fr;q=0.9, en;q=0.95", ("fr-ca", "en", "fr")),
        (b"*", ()),
        (b"en;q=0, de", ("de",)),
        (b"a, b, c, d, e, f, g", ("a", "b", "c", "d", "e")),
        (b"fr, fr, FR", ("fr",)),
        (b"\xff, <script>", ()),
    ],
)
def test_the_languages_in_the_order_in_which_they_are_wanted(
    accepted: bytes, languages: tuple[str, ...]
) -> None:
    assert negotiation.languages(accepted) == languages


@pytest.mark.parametrize(
    ("wanted", "there", "chosen"),
    [
        ((), ["en"], None),
        (("fr",), ["en", "fr"], "fr"),
        (("fr-ca",), ["en", "fr"], "fr"),
        (("zh-hant-tw",), ["zh", "zh-Hant"], "zh-Hant"),
        (("pt",), ["pt-BR"], "pt-BR"),
        (("de", "en"), ["en", "fr"], "en"),
        (("de",), ["en"], None),
        (("e",), ["en"], None),
    ],
)
def test_the_language_among_those_that_are_there(
    wanted: tuple[str, ...], there: list[str], chosen: str | None
) -> None:
    assert negotiation.choose(wanted, there) == chosen
