"""Read the rows of a file, be it CSV, TSV, JSON lines, Parquet or XLSX, one at a time, whatever its size."""

import codecs
import csv
import json
import re
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import openpyxl
import pyarrow
import pyarrow.parquet
from charset_normalizer import from_bytes

from crawlers.errors import Mistake

Row = Mapping[str, Any] | None
"""A row by column name; ``None`` for what stands in a row's place and is none."""

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx")
OTHER_ALPHABETS = ["cp1251", "koi8_r", "cp1253", "cp932", "euc_jp", "gb18030", "big5", "euc_kr"]
_BATCH = 1000
_SAMPLE = 1000


class UnreadableFile(Mistake):
    """A file is not what its name says; the message names it and what was expected."""


def columns_of(path: Path) -> list[str]:
    """Return a file's column names; of JSON lines, those of the first thousand."""
    with _readable(path):
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            rows = (row for row in islice(_rows(path), _SAMPLE) if row is not None)
            return list(dict.fromkeys(name for row in rows for name in row))
        if path.suffix.lower() == ".parquet":
            return list(pyarrow.parquet.read_schema(path).names)
        with closing(_cells(path)) as cells:
            return next(cells, [])


def rows_of(path: Path) -> Iterator[Row]:
    """Yield a file's rows."""
    with _readable(path):
        yield from _rows(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableFile(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")
    try:
        yield
    except UnreadableFile:
        raise
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: no such file") from None
    except Exception as error:  # each library has its own
        raise UnreadableFile(f"{path}: expected {path.suffix[1:].upper()}: {error}") from error


def _rows(path: Path) -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        yield from _json_lines(path)
    elif suffix == ".parquet":
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=_BATCH):
            yield from batch.to_pylist()
    else:
        cells = _cells(path)
        header = next(cells, [])
        for row in cells:
            # More cells than columns: a separator or a quote went astray, and nobody knows where.
            yield dict(zip(header, row, strict=False)) if len(row) <= len(header) else None


def _cells(path: Path) -> Generator[list[Any], None, None]:
    """Yield the rows of a sheet as lists, the header first, without empty ones."""
    rows = _sheet(path) if path.suffix.lower() == ".xlsx" else _separated(path)
    header = next(rows, None)
    if header is not None:
        yield [str(name).strip() if name is not None else "" for name in header]
    yield from (row for row in rows if any(cell not in (None, "") for cell in row))


def _separated(path: Path) -> Iterator[list[Any]]:
    csv.field_size_limit(sys.maxsize)
    with _opened(path) as file:
        first = file.readline()
        file.seek(0)
        separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=first.count)
        yield from csv.reader(file, delimiter=separator)


def _sheet(path: Path) -> Iterator[list[Any]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        yield from (list(row) for row in book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()


def _json_lines(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        for line in file:
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                yield row if isinstance(row, dict) else None


def _opened(path: Path) -> IO[str]:
    return path.open(encoding=_encoding(path), errors="replace", newline="")


def _encoding(path: Path) -> str:
    """Return a text file's encoding: UTF-16 by its first bytes, UTF-8 if all of it is, or what it looks like.

    Other alphabets are guessed. Where most letters are ASCII it is a Western language, in Windows-1252: that
    is what spreadsheets save, and its few other letters look like those of any alphabet.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(2**20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            sample = file.read(2**18)
            n_ascii = len(re.findall(rb"[A-Za-z]", sample))
            n_other = len(re.findall(rb"[\x80-\xff]", sample))
            found = from_bytes(sample, cp_isolation=OTHER_ALPHABETS).best() if n_other > n_ascii / 2 else None
            return found.encoding if found is not None else "cp1252"
    return "utf-8-sig"
