"""What the types of events mean, and the kinds of things that events are about."""

from app.ledger.schemas import EventType
from app.vocabulary.words import Word

EVENT_TYPES: dict[EventType, Word] = {
    EventType.COMPANY_CREATED: Word(
        en=("company added", "A company was put on the record."),
        fr=("entreprise ajoutée", "Une entreprise a été inscrite au registre."),
    ),
    EventType.COMPANY_UPDATED: Word(
        en=("company edited", "What the record says of a company was edited."),
        fr=("entreprise modifiée", "Ce que le registre dit d’une entreprise a été modifié."),
    ),
    EventType.COMPANY_MERGED: Word(
        en=(
            "company merged",
            "A company that was recorded twice was merged into the other one.",
        ),
        fr=(
            "entreprise fusionnée",
            "Une entreprise inscrite deux fois a été réunie avec l’autre inscription.",
        ),
    ),
    EventType.ASKER_CREATED: Word(
        en=("asker added", "Somebody who puts questions was put on the record."),
        fr=("auteur ajouté", "L’auteur d’une question a été inscrit au registre."),
    ),
    EventType.ASKER_UPDATED: Word(
        en=("asker edited", "What the record says of an asker was edited."),
        fr=("auteur modifié", "Ce que le registre dit de l’auteur d’une question a été modifié."),
    ),
    EventType.ASKER_MERGED: Word(
        en=("asker merged", "An asker that was recorded twice was merged into the other one."),
        fr=(
            "auteur fusionné",
            "Un auteur de questions inscrit deux fois a été réuni avec l’autre inscription.",
        ),
    ),
    EventType.DOSSIER_CREATED: Word(
        en=("dossier opened", "A dossier, a named set of questions, was opened."),
        fr=("dossier ouvert", "Un dossier, c’est-à-dire un ensemble de questions, a été ouvert."),
    ),
    EventType.DOSSIER_UPDATED: Word(
        en=("dossier edited", "The texts of a dossier were edited."),
        fr=("dossier modifié", "Les textes d’un dossier ont été modifiés."),
    ),
    EventType.SOURCE_CREATED: Word(
        en=("source added", "A document that is cited was put on the record."),
        fr=("source ajoutée", "Un document cité a été inscrit au registre."),
    ),
    EventType.SOURCE_UPDATED: Word(
        en=("source edited", "What the record says of a cited document was edited."),
        fr=("source modifiée", "Ce que le registre dit d’un document cité a été modifié."),
    ),
    EventType.SOURCE_CHANGED: Word(
        en=(
            "source changed online",
            "A check found at the address of a source other bytes than before.",
        ),
        fr=(
            "source modifiée en ligne",
            "Une vérification n’a plus trouvé exactement le même contenu à l’adresse d’une source.",
        ),
    ),
    EventType.SOURCE_GONE: Word(
        en=(
            "source gone offline",
            "When a source was checked, the server said that nothing was at its address.",
        ),
        fr=(
            "source disparue",
            "Lors d’une vérification, le serveur a répondu qu’il n’y avait rien à l’adresse de la"
            " source.",
        ),
    ),
    EventType.QUESTION_CREATED: Word(
        en=("question added", "A question to a company was put on the record."),
        fr=("question ajoutée", "Une question à une entreprise a été inscrite au registre."),
    ),
    EventType.QUESTION_UPDATED: Word(
        en=("question edited", "The texts or tags of a question were edited."),
        fr=("question modifiée", "Les textes ou les thèmes d’une question ont été modifiés."),
    ),
    EventType.QUESTION_MERGED: Word(
        en=(
            "question merged",
            "A question that was recorded twice was merged into the other one; their timelines"
            " are one.",
        ),
        fr=(
            "question fusionnée",
            "Une question inscrite deux fois a été réunie avec l’autre inscription ; leurs"
            " chronologies n’en font plus qu’une.",
        ),
    ),
    EventType.ASK_RECORDED: Word(
        en=("asked", "It was recorded that somebody put a question to a company."),
        fr=("question posée", "Le registre note que quelqu’un a posé une question."),
    ),
    EventType.STATEMENT_RECORDED: Word(
        en=(
            "statement",
            "Something that a company said, or that it would not speak, was recorded.",
        ),
        fr=(
            "déclaration",
            "Le registre note ce qu’une entreprise a dit, ou qu’elle ne s’exprimerait pas.",
        ),
    ),
    EventType.RESPONSE_RECORDED: Word(
        en=("verdict", "It was recorded how a statement bears on a question."),
        fr=("verdict", "Le registre note en quoi une déclaration répond ou non à une question."),
    ),
    EventType.RULING_RECORDED: Word(
        en=(
            "editor’s ruling",
            "An editor set where a question stands, and gave the reason.",
        ),
        fr=(
            "décision de l’équipe",
            "L’équipe du registre a fixé l’état d’une question, en donnant sa raison.",
        ),
    ),
    EventType.QUESTION_STATE_CHANGED: Word(
        en=("state changed", "A question stands otherwise than before."),
        fr=("changement d’état", "L’état d’une question a changé."),
    ),
    EventType.CORRECTION_RECORDED: Word(
        en=("correction", "An entry that was wrong was retracted in public, with a reason."),
        fr=("correction", "Une inscription erronée a été retirée publiquement, avec la raison."),
    ),
    EventType.QUESTION_OVERDUE: Word(
        en=(
            "date passed",
            "The date by which an answer was asked for has passed while the question was open.",
        ),
        fr=(
            "délai passé",
            "La date à laquelle une réponse était demandée est passée sans que la question soit"
            " close.",
        ),
    ),
    EventType.QUESTION_UNANSWERED_FOR: Word(
        en=(
            "still open",
            "A question has been open for 30, 90, 180 or 365 days, or for another year.",
        ),
        fr=(
            "toujours ouverte",
            "Une question est ouverte depuis 30, 90, 180 ou 365 jours, ou depuis une année de"
            " plus.",
        ),
    ),
    EventType.RECORD_REDACTED: Word(
        en=(
            "redaction",
            "Personal data was made unreadable; what is left still proves the rest of the record.",
        ),
        fr=(
            "occultation",
            "Des données personnelles ont été rendues illisibles ; ce qui reste prouve toujours le"
            " reste du registre.",
        ),
    ),
    EventType.IMPORT_RECORDED: Word(
        en=("import", "A file of questions or of timeline entries was brought onto the record."),
        fr=("import", "Un fichier de questions ou d’inscriptions a été versé au registre."),
    ),
    EventType.IMPORT_UNDONE: Word(
        en=("import undone", "What a file had brought onto the record was corrected, as a whole."),
        fr=(
            "import annulé",
            "Ce qu’un fichier avait versé au registre a été corrigé, dans son ensemble.",
        ),
    ),
    EventType.KEY_COMPROMISED: Word(
        en=(
            "key reported stolen",
            "A key was reported stolen, and what it wrote from then on is flagged for review.",
        ),
        fr=(
            "clé signalée volée",
            "Une clé a été signalée comme volée, et ce qu’elle a écrit dès lors est à revoir.",
        ),
    ),
}

SUBJECTS: dict[str, Word] = {
    "company": Word(
        en=("company", "The company that questions are put to."),
        fr=("entreprise", "L’entreprise à laquelle des questions sont posées."),
    ),
    "asker": Word(
        en=("asker", "A person or organisation that puts questions."),
        fr=("auteur", "Une personne ou une organisation qui pose des questions."),
    ),
    "question": Word(
        en=("question", "One question to one company."),
        fr=("question", "Une seule question, à une seule entreprise."),
    ),
    "ask": Word(
        en=("ask", "One occasion on which an asker put a question."),
        fr=("demande", "Une occasion à laquelle un auteur a posé une question."),
    ),
    "statement": Word(
        en=("statement", "One thing that a company said, or its refusal to speak."),
        fr=("déclaration", "Une chose qu’une entreprise a dite, ou son refus de s’exprimer."),
    ),
    "response": Word(
        en=("response", "How one statement bears on one question: a verdict and its grounds."),
        fr=(
            "appréciation",
            "En quoi une déclaration répond ou non à une question : un verdict et ses motifs.",
        ),
    ),
    "ruling": Word(
        en=("ruling", "An editor’s decision that sets where a question stands, with its reason."),
        fr=(
            "décision",
            "Une décision motivée de l’équipe du registre qui fixe l’état d’une question.",
        ),
    ),
    "correction": Word(
        en=("correction", "The public retraction of something that was wrong, with its reason."),
        fr=("correction", "Le retrait public et motivé de ce qui était faux."),
    ),
    "source": Word(
        en=("source", "A document that is cited."),
        fr=("source", "Un document qui est cité."),
    ),
    "dossier": Word(
        en=("dossier", "A named set of questions."),
        fr=("dossier", "Un ensemble de questions qui porte un nom."),
    ),
    "redaction": Word(
        en=("redaction", "That personal data was made unreadable, on which basis and why."),
        fr=(
            "occultation",
            "Le fait que des données personnelles ont été rendues illisibles, et pourquoi.",
        ),
    ),
    "import": Word(
        en=("import", "A file that was brought onto the record, all of its rows at once."),
        fr=("import", "Un fichier versé au registre, toutes ses lignes à la fois."),
    ),
    "compromise": Word(
        en=("stolen key", "The report that a key was stolen, so that its events are reviewed."),
        fr=(
            "clé volée",
            "Le signalement du vol d’une clé, afin que ses inscriptions soient revues.",
        ),
    ),
}
"""By the `type` of an event's subject; the entries of a timeline are among them."""
