"""What `answerable demo` does before it serves: the real case, a key, lines to try."""

from contextlib import suppress
from ipaddress import ip_network

from app.auth import queries, service
from app.auth.schemas import KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.core.db import Database
from app.core.errors import Problem
from app.core.settings import Settings
from app.dataset import loader
from app.transparency.signing import SignedLog

DEMO_KEY = "demo-admin"


def with_receivers_here(settings: Settings) -> Settings:
    """Let a demo's webhooks go to this machine, if nothing else was asked for."""
    if settings.webhook_allow_networks:
        return settings
    opened = {"webhook_allow_networks": (ip_network("127.0.0.0/8"),), "webhook_allow_http": True}
    return settings.model_copy(update=opened)


async def prepare(settings: Settings) -> None:
    """Load the real case, make a key at the first start, and print lines to try."""
    pepper = load_pepper(settings)
    database = Database(settings)
    try:
        signed = SignedLog(settings, database)
        await signed.prepare()
        loaded = await loader.load(database)
        with suppress(Problem):  # whoever asks for the checkpoint is told why there is none
            async with database.reading() as session:
                await signed.checkpoint(session)
        secret = None
        async with database.writing() as session:
            if await queries.by_name(session, DEMO_KEY) is None:
                new = KeyCreate(name=DEMO_KEY, scopes=[Scope.ADMIN])
                _, secret = await service.create(session, new, created_by="demo", pepper=pepper)
    finally:
        await database.close()
    print(_welcome(settings.public_url, loaded, secret), flush=True)


def _welcome(url: str, loaded: loader.Loaded, secret: str | None) -> str:
    done = (
        f"Loaded the real case: {loaded.questions} questions, {loaded.statements} statements."
        if loaded.questions or loaded.statements
        else "The real case is on the record already."
    )
    key = (
        "Your admin key, shown this once. A first try with it, that keeps nothing:\n\n"
        f"  {secret}\n\n"
        f"  curl -u :{secret} -H 'Content-Type: application/json' -d '{{\"name\": \"Example\"}}'"
        f" '{url}/v1/companies?dry_run=true'"
        if secret
        else f"The admin key was shown at the first start ({DEMO_KEY}). Another one:\n\n"
        "  .venv/bin/answerable keys create my-key --scope admin"
    )
    return f"""
{done}

  curl '{url}/v1/questions?company=microsoft&state=unanswered,declined'
  curl '{url}/v1/questions/microsoft-external-firm-name'
  curl '{url}/v1/questions/microsoft-external-firm-name/timeline'
  curl '{url}/v1/dossiers/microsoft-imod?expand=questions'
  curl '{url}/v1/events?after=0&type=question.state_changed'

{key}

Documentation: {url}/docs
"""
