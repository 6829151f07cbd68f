"""Read watchlist.toml: the watched brands, where each is discussed, and how themes are weighed."""

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Never

import crawlers.spiders
from crawlers.closed import why_closed
from crawlers.errors import Mistake
from crawlers.shape import HOST, TEXT, URL, Keys, Shape


class WatchlistError(Mistake):
    """A mistake in a watchlist: the file, the key, and what was expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brand:
    """A watched brand: its name, what else it is called, and phrases that look like it and are not."""

    name: str
    aliases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The name, then the aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One ``[[source]]``: ``kind`` is a spider's name, ``options`` its other keys; lists are tuples."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """The weights of an opportunity's two parts, and the days it is computed over."""

    importance: float = 1.0
    dissatisfaction: float = 1.0
    period_days: int = 182


@dataclass(frozen=True, kw_only=True)
class Watchlist:
    """What is watched. ``retention`` is in days per source."""

    brand: Brand
    rivals: tuple[Brand, ...] = ()
    sources: tuple[Source, ...] = ()
    ranking: Ranking = Ranking()
    retention: Mapping[str, int] = field(default_factory=dict)

    @property
    def brands(self) -> tuple[Brand, ...]:
        """Our brand, then the rivals."""
        return (self.brand, *self.rivals)

    def brand_of(self, name: str) -> str | None:
        """Return the brand a page or company name means, if any: the longest name or alias in it as words."""
        found = [
            (len(alias), brand.name)
            for brand in self.brands
            for alias in brand.names
            if _has_words(_without(name, brand.exclude), alias)
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def queries(self, source: Source) -> tuple[str, ...]:
        """Return what to search a source for: its ``queries``, or every name and alias of every brand."""
        every = (alias for brand in self.brands for alias in brand.names)
        return source.options.get("queries") or tuple(dict.fromkeys(every))


def _has_words(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def _without(text: str, phrases: Sequence[str]) -> str:
    for phrase in phrases:
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def kinds_with_a_spider() -> list[str]:
    """Return the kinds that can be crawled: the modules in ``crawlers/spiders``."""
    return sorted(module.name for module in pkgutil.iter_modules(crawlers.spiders.__path__))


def spider_of_kind(kind: str) -> Any:
    """Return the spider's class of a kind."""
    # Imported here: Scrapy takes a second, and a spider needs this module.
    module = importlib.import_module(f"crawlers.spiders.{kind}")
    return getattr(module, f"{kind.capitalize()}Spider")


def keys_of(kind: str) -> Keys:
    """Return the keys that the spider of a kind declares."""
    keys: Keys = spider_of_kind(kind).keys
    return keys


def load_watchlist(path: Path) -> Watchlist:
    """Read a watchlist, or raise ``WatchlistError`` with the file, the key and what was expected."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise WatchlistError(f"{path}: no such file; `hatemine init` writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WatchlistError(f"{path}: expected TOML in UTF-8: {error}") from error
    return _Reader(path).watchlist(data)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns parsed TOML into a ``Watchlist``; knows the file, so that every error names it."""

    path: Path

    def watchlist(self, data: Mapping[str, Any]) -> Watchlist:
        self.known(data, "", ("brand", "rival", "source", "ranking", "retention"))
        if "brand" not in data:
            self.fail("[brand]", "exactly one, with a name", "none")
        rivals = self.tables(data.get("rival", []), "[[rival]]")
        sources = self.tables(data.get("source", []), "[[source]]")
        watchlist = Watchlist(
            brand=self.brand(self.table(data["brand"], "[brand]"), "[brand]"),
            rivals=tuple(self.brand(row, key) for key, row in rivals),
            sources=tuple(self.source(row, key) for key, row in sources),
            ranking=self.ranking(self.table(data.get("ranking", {}), "[ranking]")),
            retention=self.retention(self.table(data.get("retention", {}), "[retention]")),
        )
        self.distinct_names(watchlist)
        self.watched_abouts(watchlist)
        return watchlist

    def brand(self, row: Mapping[str, Any], key: str) -> Brand:
        self.known(row, key, ("name", "aliases", "exclude"))
        return Brand(
            name=self.value(row.get("name"), f"{key} name", TEXT),
            aliases=self.values(row.get("aliases", []), f"{key} aliases", TEXT),
            exclude=self.values(row.get("exclude", []), f"{key} exclude", TEXT),
        )

    def source(self, row: Mapping[str, Any], key: str) -> Source:
        kind = self.value(row.get("kind"), f"{key} kind", TEXT)
        if kind not in kinds_with_a_spider():
            self.fail(f"{key} kind", f"one of {', '.join(kinds_with_a_spider())}", repr(kind))
        key, keys = f"{key} ({kind})", keys_of(kind)
        self.known(row, key, ("kind", *keys))
        options: dict[str, tuple[Any, ...]] = {}
        for name, shape in keys.items():
            where = f"{key} {name}"
            if isinstance(shape, Shape):
                options[name] = self.values(row.get(name, []), where, shape)
            elif name not in row:
                self.fail(where, f"a list of tables with {', '.join(shape)}", "none")
            else:
                options[name] = tuple(
                    self.item(item, at, shape) for at, item in self.tables(row[name], where)
                )
            if name in row and not options[name]:
                self.fail(where, "at least one, or no such key", "an empty list")
        return Source(kind=kind, options=options)

    def item(self, row: Mapping[str, Any], key: str, shapes: Mapping[str, Shape]) -> Mapping[str, Any]:
        self.known(row, key, tuple(shapes))
        wanted = {name: shape for name, shape in shapes.items() if name in row or name != "about"}
        return {name: self.value(row.get(name), f"{key} {name}", shape) for name, shape in wanted.items()}

    def ranking(self, row: Mapping[str, Any]) -> Ranking:
        self.known(row, "[ranking]", ("importance", "dissatisfaction", "period_days"))
        for name in ("importance", "dissatisfaction"):
            value = row.get(name, 1.0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                self.fail(f"[ranking] {name}", "a number from 0 up", repr(value))
        if "period_days" in row:
            self.days(row["period_days"], "[ranking] period_days")
        return Ranking(**row)

    def retention(self, row: Mapping[str, Any]) -> Mapping[str, int]:
        for name, value in row.items():
            self.days(value, f"[retention] {name}")
        return dict(row)

    def distinct_names(self, watchlist: Watchlist) -> None:
        seen: dict[str, str] = {}
        for brand in watchlist.brands:
            for name in brand.names:
                if name.casefold() in seen:
                    self.fail(f"brand {brand.name!r}", "names and aliases that differ", f"{name!r} twice")
                seen[name.casefold()] = brand.name

    def watched_abouts(self, watchlist: Watchlist) -> None:
        for source in watchlist.sources:
            for name, items in source.options.items():
                for item in items:
                    about = item.get("about") if isinstance(item, Mapping) else None
                    if about is not None and watchlist.brand_of(about) is None:
                        brands = ", ".join(brand.name for brand in watchlist.brands)
                        self.fail(f"[[source]] ({source.kind}) {name} about", f"one of {brands}", repr(about))

    def days(self, value: object, key: str) -> None:
        if type(value) is not int or value < 1:
            self.fail(key, "a whole number of days, 1 or more", repr(value))

    def known(self, row: Mapping[str, Any], key: str, names: Sequence[str]) -> None:
        for name in row:
            if name not in names:
                self.fail(f"{key} {name}".strip(), f"only {', '.join(names)}", "an unknown key")

    def table(self, value: object, key: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, "a table", repr(value))
        return value

    def tables(self, value: object, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if not isinstance(value, list):
            self.fail(key, "a list of tables", repr(value))
        for number, row in enumerate(value, 1):
            yield f"{key} no. {number}", self.table(row, f"{key} no. {number}")

    def values(self, value: object, key: str, shape: Shape) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.fail(key, f"a list, each {shape.expected}", repr(value))
        return tuple(self.value(item, key, shape) for item in value)

    def value(self, value: object, key: str, shape: Shape) -> Any:
        if type(value) is not shape.type or not re.fullmatch(shape.pattern, str(value)):
            self.fail(key, shape.expected, "none" if value is None else repr(value))
        if shape in (URL, HOST) and (why := why_closed(str(value))):
            self.fail(key, "a site that lets crawlers in", f"{value!r}: {why}")
        return value.strip() if isinstance(value, str) else value

    def fail(self, key: str, expected: str, found: str) -> Never:
        raise WatchlistError(f"{self.path}: {key}: expected {expected}, found {found}")
