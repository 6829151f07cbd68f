"""Complaints about cars and their parts, from the US National Highway Traffic Safety Administration."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response

from crawlers.post import Post
from crawlers.shape import TEXT, YEAR, Keys
from crawlers.spider import BadReply, SourceSpider, Target, json_of

API = "https://api.nhtsa.gov/complaints/complaintsByVehicle"
PAGE = "https://www.nhtsa.gov/?nhtsaId="

Vehicle = Mapping[str, Any]


class NhtsaSpider(SourceSpider):
    """Asks for each vehicle's complaints, which come all at once; later crawls keep those of late.

    A complaint is published some weeks after it was filed, hence the long overlap. The same complaint comes
    once for each component it names.
    """

    name = "nhtsa"
    keys: ClassVar[Keys] = {"vehicles": {"make": TEXT, "model": TEXT, "year": YEAR, "about": TEXT}}
    allowed_domains = ("api.nhtsa.gov",)
    handle_httpstatus_list = (400,)
    overlap = timedelta(days=60)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each vehicle's complaints."""
        for source in self.sources:
            for vehicle in source.options["vehicles"]:
                query = {"make": vehicle["make"], "model": vehicle["model"], "modelYear": vehicle["year"]}
                target = self.target(name_of(vehicle))
                yield self.request(target, f"{API}?{urlencode(query)}", self.parse, vehicle=vehicle)

    def parse(self, response: Response, target: Target, vehicle: Vehicle) -> Iterator[Post]:
        """Read a vehicle's complaints."""
        reply = {name.lower(): value for name, value in json_of(response).items()}
        if response.status == 400:
            # So a vehicle without complaints is answered, as is one whose model NHTSA calls otherwise.
            if (reply.get("message"), reply.get("count")) != ("Results returned successfully", 0):
                raise BadReply(f"HTTP 400: {reply.get('message')}")
            self.logger.warning("%s: no complaints; is it a model's name as NHTSA writes it?", target.name)
            return
        complaints = reply["results"]
        for post in self.read(target, complaints, partial(to_post, vehicle=vehicle, fetched_at=self.started)):
            if not target.since or not post.posted_at or post.posted_at >= target.since:
                yield post


def name_of(vehicle: Vehicle) -> str:
    """Return what people call a vehicle: "Ford Explorer 2013"."""
    return f"{vehicle['make']} {vehicle['model']} {vehicle['year']}"


def to_post(row: Mapping[str, Any], vehicle: Vehicle, fetched_at: datetime) -> Post:
    """Read a complaint; one without words says what its form says: the components."""
    summary = row["summary"] or ""
    return Post(
        source="nhtsa",
        source_id=str(int(row["odiNumber"])),
        url=f"{PAGE}{row['odiNumber']}",
        community=name_of(vehicle),
        title=None if summary else row["components"],
        text=summary,
        posted_at=datetime.strptime(row["dateComplaintFiled"], "%m/%d/%Y").replace(tzinfo=UTC),
        about=vehicle.get("about"),
        fetched_at=fetched_at,
    )
