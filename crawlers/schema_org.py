"""Find the schema.org reviews of a page: in JSON-LD, microdata and RDFa, however nested."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag

from extruct.jsonld import JsonLdExtractor
from extruct.rdfa import RDFaExtractor
from extruct.utils import parse_html
from extruct.w3cmicrodata import MicrodataExtractor

from crawlers.dates import parse_date
from crawlers.markup import plain

TYPES = {"Review", "UserReview", "CriticReview", "EmployerReview"}
# Where a site marks a review but not its words, shorter lines are buttons and counters.
MIN_WORDS = 4

Node = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A review as its page tells it. ``rating`` is from 1 to 5; ``ident`` is the review's own address."""

    title: str | None = field(repr=False)
    body: str = field(repr=False)
    author: str | None = field(repr=False)
    posted_at: datetime | None
    rating: float | None
    ident: str | None


def reviews_of(html: str, url: str) -> tuple[list[Review], list[str]]:
    """Return a page's reviews, each once, and what could not be read."""
    problems: list[str] = []
    nodes = list(_walk([*_json_ld(html, problems), *_microdata(html, url), *_rdfa(html, url)]))
    page = _Page({node["@id"]: node for node in nodes if "@id" in node and len(node) > 1})
    reviews: dict[tuple[Any, ...], Review] = {}
    for node in nodes:
        if len(node) == 1 or not TYPES.intersection(_types(node)):
            continue
        try:
            review = page.review(node)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            problems.append(f"a review has an unknown shape: {type(error).__name__}: {error}")
            continue
        # Pages tell one review in two markups, for one search engine each.
        same = (review.author, review.posted_at and review.posted_at.date(), " ".join(review.body.split()))
        if same not in reviews or reviews[same].ident is None:
            reviews[same] = review
    # An address is a review's own if no other has it, nor the page.
    uses = Counter(review.ident for review in reviews.values())
    own = {
        ident for ident, n in uses.items() if ident and n == 1 and urldefrag(ident)[0] != urldefrag(url)[0]
    }
    return [
        review if review.ident in own else replace(review, ident=None) for review in reviews.values()
    ], problems


@dataclass(frozen=True)
class _Page:
    """The nodes of a page that others refer to."""

    by_id: Mapping[str, Node]

    def review(self, node: Node) -> Review:
        author = self.text(node.get("author"))
        title = self.text(node.get("name")) or self.text(node.get("headline"))
        body = self.text(node.get("reviewBody")) or self.text(node.get("description"))
        if not body and not title:
            lines = str(node.get("textContent", "")).splitlines()
            body = "\n".join(
                line for line in lines if len(line.split()) >= MIN_WORDS and not (author and author in line)
            )
        published = self.text(node.get("datePublished")) or self.text(node.get("dateCreated"))
        ident = self.text(node.get("@id")) or self.text(node.get("url"))
        return Review(
            title=title if title != author else None,
            body=body or "",
            author=author,
            posted_at=parse_date(published) if published else None,
            rating=self.rating(node.get("reviewRating")),
            ident=ident if ident and re.match("https?:", ident) else None,
        )

    def rating(self, value: Any) -> float | None:
        """Return a rating on the scale of 1 to 5, which is also the scale of ratings that tell none."""
        node = self.node(value)
        text = self.text(node.get("ratingValue")) if node is not None else self.text(value)
        if not text:
            return None
        best = worst = None
        if node is not None:
            best, worst = self.text(node.get("bestRating")), self.text(node.get("worstRating"))
        if of := re.fullmatch(r"(\S+) ?/ ?(\S+)", text):
            text, best = of[1], of[2]
        elif text.endswith("%"):
            text, best, worst = text[:-1], "100", "0"
        number, highest, lowest = _number(text), _number(best or "5"), _number(worst or "1")
        if number < lowest and not worst:
            lowest = 0.0  # half a star, or none
        if not lowest <= number <= highest or lowest == highest:
            raise ValueError(f"a rating of {number:g} on a scale from {lowest:g} to {highest:g}")
        return round(1 + 4 * (number - lowest) / (highest - lowest), 2)

    def node(self, value: Any) -> Node | None:
        """Return the node that a property holds or refers to, the first of several."""
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, Mapping) or "@value" in value:
            return None
        return self.by_id.get(value["@id"], value) if "@id" in value else value

    def text(self, value: Any) -> str | None:
        """Return a property as plain text: the first of several, the name of a person or thing."""
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Mapping):
            node = self.node(value)
            return self.text(value["@value"] if node is None else node.get("name"))
        return None if value is None else plain(str(value)) or None


def _number(text: str) -> float:
    return float(text.strip().replace(",", "."))


def _types(node: Node) -> list[str]:
    types = node.get("@type", [])
    return [re.split(r"[/:#]", str(name))[-1] for name in (types if isinstance(types, list) else [types])]


def _walk(value: Any) -> Iterator[Node]:
    """Yield every node in parsed markup, in its order."""
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _walk(part)


def _json_ld(html: str, problems: list[str]) -> Iterator[Any]:
    extractor = JsonLdExtractor()
    for script in parse_html(html, "UTF-8").xpath('//script[@type="application/ld+json"]'):
        try:
            yield from extractor.extract_items(script)
        except ValueError as error:
            # Pages have many scripts; a broken one costs what it says.
            problems.append(f"JSON-LD that is no JSON: {error}")


def _microdata(html: str, url: str) -> Iterator[Any]:
    if "itemscope" in html:
        items = MicrodataExtractor(add_text_content=True).extract(html, base_url=url)
        yield from map(_uniform, items)


def _uniform(value: Any) -> Any:
    """Return microdata as JSON-LD would have it."""
    if isinstance(value, list):
        return [_uniform(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    names = {"type": "@type", "id": "@id", "textContent": "textContent"}
    node = {names[name]: part for name, part in value.items() if name in names}
    return node | {name: _uniform(part) for name, part in value.get("properties", {}).items()}


def _rdfa(html: str, url: str) -> Iterator[Any]:
    if not re.search(r'typeof="[^"]*Review', html):
        return  # the parser is slow
    for node in RDFaExtractor().extract(html, base_url=url):
        yield {name if name[0] == "@" else re.split("[/#]", name)[-1]: part for name, part in node.items()}
