"""Text as it is compared: words in lower case without accents, phrases of them, and names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from datapilot_domain.kpis import KPIS

# Stands for a slot among words.
SLOT_MARK = "§"
_WORD = re.compile(rf"[^\W_]+(?:'[^\W_]+)*|{SLOT_MARK}")
# No name needs more words than this to be told from others.
_LONGEST_NAME = 12
# Names that say "the rest" in any list of members.
_GENERIC = "outros outras outro outra geral diversos diversas demais todos todas other others general misc all".split()


def plain(text: str) -> str:
    """Lower case without accents, compatibility forms, format characters and typographic apostrophes."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    return "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")


def words(text: str) -> list[str]:
    return _WORD.findall(plain(text))


class Phrases:
    """Words and runs of words, separated by commas; `*` stands for any ending."""

    def __init__(self, *lists: str) -> None:
        phrases = [" ".join(phrase.split()) for text in lists for phrase in text.split(",")]
        longest_first = sorted(filter(None, phrases), key=len, reverse=True)
        either = "|".join(re.escape(phrase).replace(r"\*", r"\S*") for phrase in longest_first)
        self._pattern = re.compile(rf"(?<!\S)(?:{either})(?!\S)")

    def first(self, said: str) -> str | None:
        """The first of them in words that are joined by spaces."""
        found = self._pattern.search(said)
        return found[0] if found else None

    def without(self, said: str) -> str:
        return self._pattern.sub(" ", said)


# Words of the KPI catalogue, which every text needs.
KPI_WORDS = frozenset(
    word
    for kpi in KPIS.values()
    for text in (kpi.title.pt, kpi.title.en, *kpi.synonyms)
    for word in words(text)
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Names to look for in a text, however they are written there.

    A name that is made of common words only – a category `Receita`, a channel `Outros` – is not looked for: every
    text would hold it. Names of two letters are looked for as they are written, and only in capitals: `SP`.
    """

    phrases: frozenset[tuple[str, ...]] = frozenset()
    initials: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], common: Collection[str] = ()) -> Names:
        """`common`: words that name nobody, beside those of the KPI catalogue."""
        unsaying = {*KPI_WORDS, *_GENERIC, *common}
        phrases, initials = set(), set()
        for name in names:
            said = words(name)
            if len("".join(said)) >= 3:
                if not unsaying.issuperset(said):
                    phrases.add(tuple(said[:_LONGEST_NAME]))
            elif len(name) == 2 and name.isalpha() and name.isupper():
                initials.add(name)
        return cls(frozenset(phrases), frozenset(initials))

    def first(self, text: str) -> str | None:
        """The first name in the text, in lower case without accents."""
        said = words(text)
        for start in range(len(said)):
            for end in range(start + 1, min(len(said), start + _LONGEST_NAME) + 1):
                if tuple(said[start:end]) in self.phrases:
                    return " ".join(said[start:end])
        return next((token for token in re.findall(r"\w+", text) if token in self.initials), None)
