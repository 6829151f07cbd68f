"""Measure a crawl beside bare Scrapy: ``python -m benchmarks.crawl [--pages 10000 ...] [--runs 3]``.

Both read the same pages of reviews (schema.org, JSON-LD, ten of sixty words each) from the same server on
loopback, eight chains of ``rel=next`` at once, with the same parser. Bare Scrapy exports what the parser
gives; ours tidies, redacts, hashes authors, checks, and lands durably, with robots.txt and the machinery of
politeness on and its pauses at zero. Prints pages a second (best of the runs) and the peak memory of the
crawling process.
"""

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from crawlers import settings
from crawlers.schema_org import reviews_of

CHAINS = 8
REVIEWS = 10
WORDS = 60
FLAT = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CHAINS,
}
"""Settings of both: nobody needs to be spared on loopback."""

_VOCABULARY = """
the kettle lid broke after two weeks and support never answered my second mail about the refund I was promised
on the phone while water keeps dripping over the base so it trips our fuse every single morning
""".split()  # noqa: SIM905 a list of forty literals would be no easier to read


def page(number: int, last: int) -> bytes:
    """Return a page of reviews with a link to the next of its chain, always the same for a number."""
    dice = random.Random(number)  # noqa: S311 no secret
    reviews = [
        {
            "@type": "Review",
            "@id": f"http://shop.example/r/{number}-{n}",
            "author": {"@type": "Person", "name": f"Buyer {dice.randrange(10**6)}"},
            "datePublished": f"2026-{dice.randrange(1, 10):02}-{dice.randrange(1, 28):02}",
            "reviewRating": {"@type": "Rating", "ratingValue": dice.randrange(1, 6)},
            "reviewBody": " ".join(dice.choices(_VOCABULARY, k=WORDS)) + ".",
        }
        for n in range(REVIEWS)
    ]
    data = json.dumps({"@context": "https://schema.org", "@type": "Product", "review": reviews})
    following = f'<a rel="next" href="/{number + CHAINS}">next</a>' if number + CHAINS < last else ""
    filling = "<div class='card'><p>A kettle, <b>steel</b>.</p></div>" * 40
    return (
        f'<html><head><title>Kettles</title><script type="application/ld+json">{data}</script></head>'
        f"<body>{filling}{following}</body></html>"
    ).encode()


def serve(last: int, ports: "Queue[int]") -> None:
    """Serve the pages on a free port of loopback until terminated."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")):
            path = head.split(b" ", 2)[1]
            body = b"" if path == b"/robots.txt" else page(int(path[1:]), last)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    async def listen() -> None:
        async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await answer(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(quietly, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(listen())


class BareSpider(scrapy.Spider):
    """The same pages and the same parser, and nothing else."""

    name = "bare"
    base = ""

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Ask for the first page of each chain."""
        for chain in range(CHAINS):
            yield scrapy.Request(f"{self.base}/{chain}")

    def parse(self, response: Response) -> Iterator[Any]:
        """Yield the reviews and the next page."""
        reviews, _problems = reviews_of(response.text, response.url)
        yield from map(asdict, reviews)
        following = response.css("a[rel~=next]::attr(href)").get()
        if following:
            yield response.follow(following)


def bare(base: str, folder: Path) -> int:
    """Crawl with bare Scrapy; return the number of reviews."""
    feeds = {str(folder / "bare.jsonl"): {"format": "jsonlines"}}
    process = CrawlerProcess({**FLAT, "FEEDS": feeds, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False})
    process.crawl(BareSpider, base=base)
    process.start()
    return _count_lines(folder / "bare.jsonl")


def ours(base: str, folder: Path) -> int:
    """Crawl with our spider; return the number of reviews that landed."""
    from crawlers.crawl import crawl

    for name, value in {**FLAT, "HATEMINE_ALLOW_PRIVATE": True}.items():
        setattr(settings, name, value)
    pages = ", ".join(f'{{ url = "{base}/{chain}" }}' for chain in range(CHAINS))
    watchlist = folder / "watchlist.toml"
    watchlist.write_text(f'[brand]\nname = "Kettlewick"\n[[source]]\nkind = "reviews"\npages = [{pages}]\n')
    (coverage,) = crawl(watchlist, folder / "data", log_level="WARNING")
    assert coverage.is_ok, coverage.errors  # noqa: S101 a benchmark of a failed crawl tells nothing
    return sum(map(_count_lines, folder.glob("data/landing/*/*.jsonl")))


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def child(which: str, base: str) -> None:
    """Run one crawl in this process and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        n_reviews = {"bare": bare, "ours": ours}[which](base, Path(folder))
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"n_reviews": n_reviews, "seconds": seconds, "peak": peak}))


def measure(which: str, n_pages: int, base: str) -> tuple[float, float]:
    """Return pages a second and peak memory in MiB of a crawl in a process of its own."""
    done = subprocess.run(  # noqa: S603 our own module
        [sys.executable, "-m", "benchmarks.crawl", "--child", which, base],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["n_reviews"] != n_pages * REVIEWS:
        raise SystemExit(f"{which}: {found['n_reviews']} reviews of {n_pages * REVIEWS}")
    return n_pages / found["seconds"], found["peak"]


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(*arguments.child)
        return
    print("| pages | bare Scrapy, pages/s | ours, pages/s | ratio | bare, peak MiB | ours, peak MiB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for n_pages in arguments.pages:
        ports: Queue[int] = Queue()
        server = Process(target=serve, args=(n_pages, ports), daemon=True)
        server.start()
        base = f"http://localhost:{ports.get()}"
        # In turns, so that what else the machine does falls on both.
        runs = [
            (measure("bare", n_pages, base), measure("ours", n_pages, base)) for _ in range(arguments.runs)
        ]
        server.terminate()
        (bare_speed, bare_peak), (our_speed, our_peak) = (
            (max(speed for speed, _ in found), max(peak for _, peak in found))
            for found in zip(*runs, strict=True)
        )
        ratio = our_speed / bare_speed
        memory = f"{bare_peak:.0f} | {our_peak:.0f}"
        print(f"| {n_pages:,} | {bare_speed:.0f} | {our_speed:.0f} | {ratio:.2f} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
