"""The paths of tiles (C2SP tlog-tiles): `0/x001/234`, `entries/067.p/12`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.transparency.queries import LEVEL

WIDTH = 1 << LEVEL
FORM = re.compile(
    r"(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Tile:
    """One tile; `level` is None for an entry bundle."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is, below `tile/`."""
        groups = [f"{self.index:03}"[-3:]]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        level = "entries" if self.level is None else str(self.level)
        part = f".p/{self.width}" if self.width < WIDTH else ""
        return f"{level}/{'/'.join(reversed(groups))}{part}"


def parse(path: str) -> Tile | None:
    """Read a path below `tile/`; None when it is not one, or not written in the one right way."""
    match = FORM.fullmatch(path)
    if match is None:
        return None
    level, index, width = match.groups()
    number = int(index.replace("/", "").replace("x", ""))
    tile = Tile(None if level == "entries" else int(level), number, int(width or WIDTH))
    return tile if tile.path == path else None


def of_tree(size: int) -> Iterator[Tile]:
    """Yield every tile and entry bundle of a tree."""
    level, hashes = 0, size
    while hashes:
        for index in range(0, hashes, WIDTH):
            width = min(WIDTH, hashes - index)
            yield Tile(level, index // WIDTH, width)
            if level == 0:
                yield Tile(None, index // WIDTH, width)
        level, hashes = level + 1, hashes // WIDTH
