"""Find out which language a text is in."""

import re
from functools import cache

from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

# Languages that posts about consumer brands come in. Fewer to choose from means fewer mistakes on short
# texts.
_LANGUAGES = ["ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko"]
_LANGUAGES += ["nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"]

_LONGEST = 2_000  # characters looked at

# A short text is English unless another language is far likelier: "Refund pls", "app bad!!" have too little
# to go by.
_SHORT, _SURE = 60, 0.95
_ENGLISH = re.compile(
    r"\b(the|and|is|my|i|it|to|for|you|this|they|not|of|was|have|with|no|app|card|me|on|we|never|great|good|bad)\b",
    re.IGNORECASE,
)


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_modelpath(MODEL_DIR / MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier


def detect(text: str) -> str:
    """Return the two-letter code of a text's language; "en" where a short text leaves it open."""
    letters = re.sub(r"https?://\S+|[@#]\w+|[^\w\s']|\d", " ", text[:_LONGEST]).strip()
    if not letters:
        return "en"
    language, probability = _identifier().classify(letters.lower() if letters.isupper() else letters)
    if language != "en" and len(letters) < _SHORT and (probability < _SURE or _ENGLISH.search(letters)):
        return "en"
    return str(language)
