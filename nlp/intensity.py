"""Tell how strongly a text puts it."""

import numpy as np

from nlp.heads import sigmoid

_FEWEST_LETTERS = 12  # fewer in capitals are a name or an abbreviation


def intensity(text: str, logit: float) -> float:
    """Return how strongly a text puts it, 0 (mild) to 1 (hate): the head's reading, raised by shouting."""
    letters = [c for c in text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters) / len(letters) if len(letters) >= _FEWEST_LETTERS else 0.0
    shouting = 1.0 * (capitals > 0.6) + 0.3 * min(text.count("!"), 3)
    return float(sigmoid(np.array(logit + shouting)))
