"""Texts as a record has them: words as often as one over their rank, in three languages.

Four words stand apart from the rest, so that it is known in how many questions each of them is;
what is measured of search asks for those.
"""

import random
from collections.abc import Callable
from itertools import accumulate, product

COMMON, SOME, FEW, THREE = "report", "pension", "asbestos", "zeppelin"
"""Words in 60 %, 5 % and 0.1 % of the questions, and in three of them."""
SHARES = ((COMMON, 0.6), (SOME, 0.05), (FEW, 0.001))
LENGTH = 400_000
FRENCH, CHINESE = 0.2, 0.02
"""So many of the questions are translated."""

ENGLISH_WORDS = (
    "the of and to in that it was for on with as by which at from not have its are were had has"
    " been this would their any when who how will may about there all more one than other some"
    " after before between during under whether because where they these those such only over"
    " company board director staff worker factory supplier contract agency ministry army police"
    " court union customer market shareholder subsidiary government export import licence permit"
    " water river forest land village child health safety wage hour tax bank account payment data"
    " cloud server camera software model image record access breach leak fine claim lawsuit appeal"
    " mine dam pipeline ship plant chemical waste emission carbon climate energy coal gas oil solar"
    " audit review inquiry interview statement answer question evidence document letter meeting"
    " promise policy standard target measure method sample survey result year month week date"
    " north south east west local foreign public private former current known paid sold bought"
    " closed opened signed ended began found told knew asked said gave took made kept left"
)
FRENCH_WORDS = (
    "le la de et à les des en un une que qui dans pour sur par avec est sont été a ont ce cette"
    " plus ne pas au aux se ses leur elle il entreprise société salarié usine fournisseur contrat"
    " ministère armée marché état rapport enquête réponse question preuve retraite santé sécurité"
    " eau rivière forêt enfant salaire impôt banque données caméra amende procès pétrole déchets"
    " énergie année mois février août déjà après où même côté être très élevé employé fermé signé"
)
CHINESE_PHRASES = (
    "公司 是否 知道 供应商 工厂 报告 石棉 养老金 合同 政府 员工 数据 调查 证据 为什么 没有 回答"
    " 问题 何时 如何 健康 安全 工资 河流"
)
ONSETS = "b c d f g l m n p r s t v br cl cr dr fl gr pl pr st tr sh"
VOWELS = "a e i o u ai ou"
MIDDLES = "n r l m nd rt st ss ll ct mp nt rm sk"
ENDS = "a e er ing ion al ed ity ment s"
FRENCH_ENDS = "é ée eur ière ité aux ôt ès ique ment"


def zipf(chance: random.Random, count: int) -> Callable[[], int]:
    """Return a function that draws 0 … count - 1, each as often as one over its rank."""
    weights = list(accumulate(1 / rank for rank in range(1, count + 1)))
    return lambda: chance.choices(range(count), cum_weights=weights)[0]


class Language:
    """Writes in one language: words that there are, and many that look like its words.

    What it writes are passages of one long text, which is quicker than to draw each word.
    """

    def __init__(self, chance: random.Random, known: str, ends: str) -> None:
        self._chance = chance
        parts = (ONSETS, VOWELS, MIDDLES, ends)
        made = {"".join(word) for word in product(*(part.split() for part in parts))}
        rare = sorted(made - {*known.split(), COMMON, SOME, FEW, THREE})
        random.Random(len(rare)).shuffle(rare)
        words = [*known.split(), *rare]
        weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
        self._text = chance.choices(words, cum_weights=weights, k=LENGTH)

    def words(self, least: int, most: int) -> str:
        """Return a passage of so many words."""
        begin = int(self._chance.random() * (LENGTH - most))
        return " ".join(self._text[begin : begin + self._chance.randint(least, most)])


class Writer:
    """Writes what questions ask, and what companies say."""

    def __init__(self, chance: random.Random, size: int) -> None:
        self._chance = chance
        self._english = Language(chance, ENGLISH_WORDS, ENDS)
        self._french = Language(chance, FRENCH_WORDS, FRENCH_ENDS)
        self._of_three = set(chance.sample(range(size), min(3, size)))

    def question(self, number: int, company: str) -> str:
        """Write a question to a company; the words whose share is known are only here."""
        chance = self._chance
        words = [word for word, share in SHARES if chance.random() < share]
        if number in self._of_three:
            words.append(THREE)
        passage = self._english.words(8, 20)
        return f"What did {company} know about {' '.join([passage, *words])}?"

    def sentence(self, least: int, most: int) -> str:
        """Write a sentence of so many words."""
        return f"{self._english.words(least, most).capitalize()}."

    def translations(self, company: str) -> dict[str, dict[str, str | bool | None]]:
        """Translate a question, or do not."""
        chance, found = self._chance, dict[str, dict[str, str | bool | None]]()
        if chance.random() < FRENCH:
            said = self._french.words(8, 20)
            found["fr"] = _translation(f"Que savait {company} de {said} ?")
        if chance.random() < CHINESE:
            said = "".join(chance.choices(CHINESE_PHRASES.split(), k=chance.randint(4, 10)))
            found["zh-Hans"] = _translation(f"{company}{said}?")
        return found


def _translation(text: str) -> dict[str, str | bool | None]:
    return {"text": text, "context": None, "machine": True}
