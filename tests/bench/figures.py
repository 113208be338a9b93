"""What was measured, and whether it reached what was asked for."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One figure that has a bound."""

    said: str
    is_reached: bool


@dataclass
class Figures:
    """The figures of one run, by database."""

    found: list[tuple[str, str, Figure]] = field(default_factory=list)

    def at_least(self, name: str, case: str, value: float, bound: float, form: str = ",.2f") -> str:
        """Note a figure that should be so large; return how it compares."""
        return self._note(name, case, value, bound, "at least", form, value >= bound)

    def at_most(self, name: str, case: str, value: float, bound: float, form: str = ",.2f") -> str:
        """Note a figure that should be so small; return how it compares."""
        return self._note(name, case, value, bound, "at most", form, value <= bound)

    def _note(
        self, name: str, case: str, value: float, bound: float, word: str, form: str, is_it: bool
    ) -> str:
        said = f"{word if is_it else f'NOT {word}'} {bound:{form}}"
        self.found.append((name, case, Figure(f"{value:{form}}, {said}", is_it)))
        return said

    def print(self) -> None:
        """Print all figures that have a bound."""
        reached = sum(figure.is_reached for _, _, figure in self.found)
        print(f"\nFigures to reach: {reached} of {len(self.found)} were reached")
        for name, case, figure in self.found:
            print(f"  {name:<12}{case:<58}{figure.said}", flush=True)
