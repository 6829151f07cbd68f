"""Bound what an answer may take, of time and of memory, be it fetched by Scrapy or by requests."""

import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import requests
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ContentDecodingError,
    ReadTimeout,
    RequestException,
)
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError

PIECE = 2**16


class BoundedCompression(HttpCompressionMiddleware):
    """Scrapy's middleware, but what it unpacked of a bomb is not kept with its error."""

    def process_response(self, request: Request, response: Response, *_: Any) -> Request | Response:
        """Unpack a body, up to ``DOWNLOAD_MAXSIZE``."""
        try:
            unpacked: Request | Response = super().process_response(request, response)
            return unpacked
        except IgnoreRequest as error:
            message = str(error)
        # Outside of the handler: the first error's frames hold 16 MB, and who knows when they are collected.
        raise IgnoreRequest(message)


class BodyTooLarge(RequestException):
    """An answer is larger than we read."""


class BoundedAdapter(HTTPAdapter):
    """Reads a whole answer; one of more than ``maxsize`` unpacked bytes, or of more ``seconds``, is an error.

    The time-out of requests is for each packet: one byte a second lasts for ever.
    """

    def __init__(self, *, maxsize: int = 16 * 2**20, seconds: float = 60.0) -> None:
        super().__init__()
        self.maxsize = maxsize
        self.seconds = seconds

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and read the answer, whether its body is asked for as a stream or not."""
        until = time.monotonic() + self.seconds
        timeout = kwargs.get("timeout")
        seconds = min(self.seconds, timeout) if isinstance(timeout, int | float) else self.seconds
        response = super().send(request, *args, **{**kwargs, "stream": True, "timeout": seconds})
        try:
            response.raw = BytesIO(b"".join(self._pieces(response, until)))
        except BaseException:
            response.close()
            raise
        return response

    def _pieces(self, response: requests.Response, until: float) -> Iterator[bytes]:
        size = 0
        try:
            while piece := response.raw.read1(PIECE, decode_content=True):
                size += len(piece)
                if size > self.maxsize:
                    raise BodyTooLarge(f"the answer has more than {self.maxsize} bytes")
                if time.monotonic() > until:
                    raise ReadTimeout(f"the answer took longer than {self.seconds:g} seconds")
                yield piece
        except ProtocolError as error:
            raise ChunkedEncodingError(error) from error  # as requests does; PRAW asks again for some
        except DecodeError as error:
            raise ContentDecodingError(error) from error
        except HTTPError as error:
            raise ConnectionError(error) from error
