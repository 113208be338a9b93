"""What those who measure know of a record that was built: its size, and names to ask for."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from app.core.dates import format_instant, parse_instant

FILE = "record.json"


@dataclass(frozen=True)
class Facts:
    """A record in short.

    companies … topics: their slugs, those with the most questions first. questions: id and slug of
    some. seq: of the last event.
    """

    size: int
    seq: int
    start: datetime
    end: datetime
    companies: list[str]
    askers: list[str]
    dossiers: list[str]
    topics: list[str]
    questions: list[tuple[str, str]]

    @property
    def middle(self) -> datetime:
        """An instant by which about half of it was recorded."""
        return self.start + (self.end - self.start) / 2

    def write(self, folder: Path) -> None:
        """Keep this beside the databases."""
        plain = asdict(self) | {name: format_instant(getattr(self, name)) for name in INSTANTS}
        (folder / FILE).write_text(json.dumps(plain))

    @classmethod
    def read(cls, folder: Path) -> "Facts":
        """Read what was kept."""
        plain = json.loads((folder / FILE).read_text())
        plain |= {name: parse_instant(plain[name]) for name in INSTANTS}
        plain["questions"] = [tuple(pair) for pair in plain["questions"]]
        return cls(**plain)


INSTANTS = [field.name for field in fields(Facts) if field.type is datetime]
