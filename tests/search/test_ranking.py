"""The order of what is found."""

from app.search.documents import FIELDS
from app.search.ranking import WEIGHTS
from tests.search.conftest import Find
from tests.support.make import Make


async def test_what_fits_best_comes_first(make: Make, find: Find) -> None:
    wordy = "It was said that"
    await make.question(slug="in-a-title", text=wordy)
    await make.question(slug="in-the-context", text=wordy, context="an external audit")
    await make.question(slug="apart", text=f"{wordy} an audit was external")
    await make.question(slug="other-form", text=f"{wordy} of audits external")
    await make.question(slug="together", text=f"{wordy} an external audit")
    await make.question(slug="often", text="External audit of the external audit")
    translated = {"fr": {"text": "An external audit", "machine": True}}
    await make.question(slug="translated", text=wordy, translations=translated)
    titled = await make.editor.question("in-a-title")
    await make.statement(titled, title="On the external audit", verdict="declined")

    assert await find("external audit") == [
        "often", "together", "apart", "translated", "other-form", "in-the-context", "in-a-title",
    ]  # fmt: skip


async def test_of_equals_the_newest_comes_first(make: Make, find: Find) -> None:
    for number in range(4):
        await make.question(slug=f"q{number}", text="Which audit?")
    assert await find("audit") == ["q3", "q2", "q1", "q0"]


async def test_a_hit_far_down_a_long_text_counts_least(make: Make, find: Find) -> None:
    await make.question(slug="far", text="A text", context=f"{'word ' * 250} audit")
    await make.question(slug="near", text="A text", context="audit")
    await make.question(slug="latest", text="A text", context=f"{'word ' * 250} audit")
    assert await find("audit") == ["near", "latest", "far"]


def test_every_field_of_a_document_has_a_weight() -> None:
    assert tuple(WEIGHTS) == FIELDS
