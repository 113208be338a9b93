"""What the states of a question and the verdicts on statements mean."""

from app.questions.state import State, Verdict
from app.vocabulary.words import Word

STATES: dict[State, Word] = {
    State.UNANSWERED: Word(
        en=(
            "unanswered",
            "This record has nothing from the company that counts as a reply to the question.",
        ),
        fr=(
            "sans réponse",
            "Ce registre n’a rien de l’entreprise qui compte comme une réaction à la question.",
        ),
    ),
    State.ACKNOWLEDGED: Word(
        en=(
            "acknowledged",
            "By this record, the company confirmed that it has the question or announced an answer,"
            " and has not said more.",
        ),
        fr=(
            "accusé de réception",
            "D’après ce registre, l’entreprise a confirmé avoir reçu la question ou annoncé une"
            " réponse, sans en dire plus.",
        ),
    ),
    State.DECLINED: Word(
        en=(
            "declined",
            "By this record, the company said that it would not answer or not comment; this says"
            " nothing of its reasons.",
        ),
        fr=(
            "réponse déclinée",
            "D’après ce registre, l’entreprise a dit qu’elle ne répondrait pas ou ne ferait pas de"
            " commentaire ; cela ne dit rien de ses raisons.",
        ),
    ),
    State.NONRESPONSIVE: Word(
        en=(
            "spoke, did not answer",
            "By this record, the company made a statement that bears on the question and does not"
            " answer it.",
        ),
        fr=(
            "déclaration sans réponse",
            "D’après ce registre, l’entreprise a fait une déclaration qui touche à la question sans"
            " y répondre.",
        ),
    ),
    State.PARTIAL: Word(
        en=("answered in part", "By this record, the company answered a part of the question."),
        fr=(
            "réponse partielle",
            "D’après ce registre, l’entreprise a répondu à une partie de la question.",
        ),
    ),
    State.ANSWERED: Word(
        en=(
            "answered",
            "By this record, the question is answered; whether the answer is true is not judged.",
        ),
        fr=(
            "réponse donnée",
            "D’après ce registre, la question a reçu une réponse, dont l’exactitude n’est pas"
            " jugée.",
        ),
    ),
    State.WITHDRAWN: Word(
        en=(
            "withdrawn",
            "An editor decided, for a reason that is stated, that the question no longer stands.",
        ),
        fr=(
            "question retirée",
            "L’équipe du registre a décidé, pour une raison indiquée, que la question n’est plus"
            " posée.",
        ),
    ),
}

VERDICTS: dict[Verdict, Word] = {
    Verdict.ACKNOWLEDGED: Word(
        en=(
            "acknowledged",
            "The statement confirms that the question was received or announces an answer, and no"
            " more.",
        ),
        fr=(
            "accusé de réception",
            "La déclaration confirme que la question a été reçue ou annonce une réponse, et rien"
            " de plus.",
        ),
    ),
    Verdict.DECLINED: Word(
        en=(
            "declined",
            "The statement says that the company will not answer or not comment; the verdict says"
            " nothing of its reasons.",
        ),
        fr=(
            "réponse déclinée",
            "La déclaration dit que l’entreprise ne répondra pas ou ne fera pas de commentaire ; le"
            " verdict ne dit rien de ses raisons.",
        ),
    ),
    Verdict.NONRESPONSIVE: Word(
        en=(
            "spoke, did not answer",
            "The statement bears on the question and does not answer it.",
        ),
        fr=(
            "déclaration sans réponse",
            "La déclaration touche à la question sans y répondre.",
        ),
    ),
    Verdict.PARTIAL: Word(
        en=("answered in part", "The statement answers a part of the question."),
        fr=("réponse partielle", "La déclaration répond à une partie de la question."),
    ),
    Verdict.ANSWERED: Word(
        en=(
            "answered",
            "The statement answers the question; whether the answer is true is not judged.",
        ),
        fr=(
            "réponse donnée",
            "La déclaration répond à la question ; l’exactitude de la réponse n’est pas jugée.",
        ),
    ),
}
