"""Count quotes that are exact slices of their text, in random and hostile texts."""

import random
from collections.abc import Iterator

from benchmarks.reading.figure import Figure
from nlp.corpora import SEED
from nlp.extract import build_reader
from nlp.grievance import BrandNames, Unread

_SAID = (
    "They lost my bag",
    "and nobody answers the phone",
    "i waited 3 weeks for my refund",
    "WORST APP EVER it crashes on payment",
    "I wish Brand had a family tariff",
    "switched to Cirrus.",
    "$35 for nothing",
    "why does the card not arrive?",
)
_HOSTILE = (
    *("\n", "\r\n", "\t", " ", "  ", "\u00a0", "\u2028", "\u200b", "\ufeff", "\x00", "\x1b[0m", "\x7f"),
    *("😡", "👩‍👩‍👧", "🇨🇭", "👍🏽", "e\u0301", "a" + "\u0300" * 30, "\u202eabc\u202c"),
    *("العربية", "עברית", "हिन्दी", "日本語", "ไทย", "ß", "İ", "ı", "ﬁ", "Ǆ", "𝕳𝖆𝖙𝖊", "ｆｕｌｌ"),
    *("&amp;", "<b>", "'", '"', "…", "’", "#fail", "@brand", "http://x.y/z"),
)


def hostile_texts(n: int) -> Iterator[str]:
    """Yield n texts: complaints torn up by hostile pieces and random code points; some are 1 MB long."""
    draw = random.Random(SEED)  # noqa: S311
    for i in range(n):
        if i % 20_000 == 0:
            yield "".join(draw.choices((*_SAID, *_HOSTILE), k=20)) * (2**20 // 150)
            continue
        pieces = draw.choices(
            (*_SAID, *_HOSTILE, None),
            weights=(*[6] * len(_SAID), *[1] * len(_HOSTILE), 8),
            k=draw.randrange(12),
        )
        yield "".join(piece if piece is not None else _random(draw) for piece in pieces)


def _random(draw: random.Random) -> str:
    points = (draw.randrange(0x110000) for _ in range(draw.randrange(8)))
    return "".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF)


def exactness_figures(n: int = 100_000) -> Iterator[Figure]:
    """Yield the share of texts all of whose quotes are exact, and how many quotes there were."""
    texts: dict[str, str] = {}

    def rows() -> Iterator[Unread]:
        for i, text in enumerate(hostile_texts(n)):
            texts[str(i)] = text
            yield Unread(key=("", str(i)), text=text, brands=("Brand",), how="about")

    n_exact = n_quotes = 0
    for (_, i), reading in build_reader([BrandNames(name="Brand")]).read(rows()):
        text = texts.pop(i)
        n_quotes += len(reading.grievances)
        n_exact += all(text[g.quote_start : g.quote_end] == g.quote != "" for g in reading.grievances)
    yield Figure("exact quotes", f"hostile texts, {n_quotes:,} quotes", n, "share", n_exact / n)
