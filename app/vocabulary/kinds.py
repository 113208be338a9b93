"""What the kinds of statements and askers mean, and what checks of sources found."""

from app.askers.models import AskerKind
from app.sources.models import Online
from app.statements.models import StatementKind
from app.vocabulary.words import Word

STATEMENT_KINDS: dict[StatementKind, Word] = {
    StatementKind.PUBLICATION: Word(
        en=(
            "publication",
            "Something that the company itself published, such as a post on its blog.",
        ),
        fr=(
            "publication",
            "Un texte que l’entreprise a elle-même publié, par exemple sur son blog.",
        ),
    ),
    StatementKind.REPLY: Word(
        en=("reply", "Something that the company said to somebody who had asked."),
        fr=("réponse adressée", "Ce que l’entreprise a dit à une personne qui l’interrogeait."),
    ),
    StatementKind.NO_COMMENT: Word(
        en=("no comment", "The company said that it would not speak about the matter."),
        fr=("sans commentaire", "L’entreprise a dit qu’elle ne s’exprimerait pas sur le sujet."),
    ),
    StatementKind.FILING: Word(
        en=("filing", "A document that the company filed with an authority or a court."),
        fr=(
            "document officiel",
            "Un document que l’entreprise a remis à une autorité ou à un tribunal.",
        ),
    ),
    StatementKind.TESTIMONY: Word(
        en=(
            "testimony",
            "What was said for the company before a parliament, an authority or a court.",
        ),
        fr=(
            "audition",
            "Ce qui a été dit au nom de l’entreprise devant un parlement, une autorité ou un"
            " tribunal.",
        ),
    ),
    StatementKind.INTERVIEW: Word(
        en=("interview", "What was said for the company in an interview."),
        fr=("entretien", "Ce qui a été dit au nom de l’entreprise lors d’un entretien."),
    ),
}

ASKER_KINDS: dict[AskerKind, Word] = {
    AskerKind.NEWSROOM: Word(
        en=("newsroom", "Journalists of a newspaper, an agency, a broadcaster or a website."),
        fr=("rédaction", "Des journalistes d’un journal, d’une agence, d’une chaîne ou d’un site."),
    ),
    AskerKind.NGO: Word(
        en=("NGO", "An organisation that belongs to no state and seeks no profit."),
        fr=("ONG", "Une organisation non gouvernementale et sans but lucratif."),
    ),
    AskerKind.EMPLOYEES: Word(
        en=("employees", "People who work or worked for the company, or a group of them."),
        fr=(
            "membres du personnel",
            "Des personnes qui travaillent ou ont travaillé pour l’entreprise, ou leur groupe.",
        ),
    ),
    AskerKind.INVESTOR: Word(
        en=("investor", "Somebody who holds or manages shares or bonds, or a group of them."),
        fr=(
            "investisseur",
            "Une personne ou un groupe qui détient ou gère des actions ou des obligations.",
        ),
    ),
    AskerKind.REGULATOR: Word(
        en=("regulator", "A public authority that supervises companies."),
        fr=("autorité de contrôle", "Une autorité publique qui surveille les entreprises."),
    ),
    AskerKind.LAWMAKER: Word(
        en=("lawmaker", "A member of a parliament, or one of its committees."),
        fr=("parlementaire", "Un membre d’un parlement, ou l’une de ses commissions."),
    ),
    AskerKind.RESEARCHER: Word(
        en=("researcher", "Somebody who asks for research, or an institute."),
        fr=("recherche", "Une personne qui interroge pour ses recherches, ou un institut."),
    ),
    AskerKind.INDIVIDUAL: Word(
        en=("individual", "A person who asks in their own name."),
        fr=("particulier", "Une personne qui interroge en son propre nom."),
    ),
    AskerKind.ANONYMOUS: Word(
        en=("not named", "Somebody whom the record does not name."),
        fr=("sans nom", "Une personne ou un groupe que le registre ne nomme pas."),
    ),
}

ONLINE: dict[Online, Word] = {
    Online.SAME: Word(
        en=("same", "The last check found at the address what was cited or first read."),
        fr=(
            "identique",
            "La dernière vérification a trouvé à l’adresse ce qui était cité ou d’abord lu.",
        ),
    ),
    Online.CHANGED: Word(
        en=("changed", "The last check found at the address other bytes than before."),
        fr=(
            "modifiée",
            "La dernière vérification n’a plus trouvé à l’adresse exactement le même contenu.",
        ),
    ),
    Online.GONE: Word(
        en=("gone", "At the last check, the server said that nothing was at the address."),
        fr=(
            "disparue",
            "À la dernière vérification, le serveur a répondu qu’il n’y avait rien à l’adresse.",
        ),
    ),
}
