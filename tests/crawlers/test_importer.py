import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from crawlers.importer import Imported, ImportMistake, import_file
from crawlers.tables import UnreadableFile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"a key for tests of imports"
HEADER = ["Id", "When", "Comment", "Stars", "Customer"]
ROWS = [
    ["t-1", "2026-06-01 10:00", "They lost my order, mail me: jo@mail.example", "1", "Jo"],
    ["t-2", "2026-06-02", "Fine, really", "5", "Ann"],
]
COLUMNS = {"source_id": "Id", "posted_at": "When", "text": "Comment", "rating": "Stars", "author": "Customer"}
Import = Callable[..., Imported]


@pytest.fixture
def load(tmp_path: Path) -> Import:
    def run(path: Path, columns: dict[str, str] | None = None, **more: Any) -> Imported:
        arguments = {
            "data": tmp_path / "data",
            "source": "survey",
            "about": None,
            "now": NOW,
            "key": KEY,
            **more,
        }
        return import_file(path, columns=COLUMNS if columns is None else columns, **arguments)

    return run


def posts(imported: Imported) -> list[dict[str, Any]]:
    assert imported.landing_file is not None
    return [
        json.loads(line) for line in imported.landing_file.read_text(encoding="utf-8").split("\n") if line
    ]


def csv_text(separator: str = ",") -> str:
    rows = [HEADER, *ROWS]
    return "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)


def write_csv(path: Path) -> None:
    path.write_text(csv_text())


def write_semicolons(path: Path) -> None:
    path.write_text(csv_text(";"))


def write_tsv(path: Path) -> None:
    path.write_text(csv_text("\t"))


def write_json_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS))


def write_parquet(path: Path) -> None:
    pyarrow.parquet.write_table(
        pyarrow.table([list(column) for column in zip(*ROWS, strict=True)], HEADER), path
    )


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.active.append([None] * len(HEADER))
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", write_csv),
        ("semicolons.csv", write_semicolons),
        ("a.tsv", write_tsv),
        ("a.jsonl", write_json_lines),
        ("a.parquet", write_parquet),
        ("A.XLSX", write_xlsx),
    ],
)
def test_every_format_lands_the_same(load, tmp_path, name, write):
    write(tmp_path / name)
    imported = load(tmp_path / name, about="Northwind")
    assert (imported.n_rows, imported.n_landed, imported.refused) == (2, 2, Counter())
    assert imported.landing_file == tmp_path / "data" / "landing" / "survey" / "20261122T120000.000000Z.jsonl"
    first, second = posts(imported)
    assert first["text"] == "They lost my order, mail me: [email]"
    assert (first["source"], first["source_id"], first["rating"]) == ("survey", "t-1", 1.0)
    assert (first["posted_at"], first["about"]) == ("2026-06-01T10:00:00+00:00", "Northwind")
    assert second["posted_at"] == "2026-06-02T00:00:00+00:00"
    assert len({first["author_key"], second["author_key"]} - {None}) == 2
    assert "Jo" not in imported.landing_file.read_text()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found_out(load, tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("text,title\n“Größe” passt nicht – très déçu,Zu klein\n".encode(encoding))
    (post,) = posts(load(path, {}))
    assert post["text"] == "Zu klein\n“Größe” passt nicht – très déçu"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Чайник протекает, деньги не вернули, поддержка молчит уже неделю"),
        ("shift_jis", "やかんが漏れる。返金もされない。電話しても誰も出ない。"),
        ("gb18030", "水壶漏水，客服没有人接电话，退款也没有到账。"),
        ("cp1253", "Ο βραστήρας στάζει και κανείς δεν απαντά στο τηλέφωνο."),
        ("cp1252", "Det går inte att nå någon"),
        ("cp1252", "£100 lost – “great” kettle"),
    ],
)
def test_other_alphabets_are_found_out_and_western_ones_are_not_taken_for_them(
    load, tmp_path, encoding, text
):
    path = tmp_path / "survey.csv"
    path.write_bytes(f'text\n"{text}"\n'.encode(encoding))
    assert posts(load(path, {}))[0]["text"] == text


def test_a_dry_run_reads_all_and_lands_nothing(load, tmp_path):
    path = tmp_path / "survey.csv"
    rows = "".join(f"It leaks {n}.,{n % 7},ada@mail.example\n" for n in range(20))
    path.write_text(f"text,rating,author\n{rows}")
    dry = load(path, {}, is_dry_run=True)
    assert (dry.n_rows, dry.n_landed, dry.landing_file) == (20, 15, None)
    assert dry.refused == {"a rating outside 1 to 5": 5}
    assert [post.text for post in dry.first] == [f"It leaks {n}." for n in (1, 2, 3, 4, 5)]
    assert all(post.author is None and post.author_key for post in dry.first)
    assert list(tmp_path.glob("data/landing/*/*")) == []
    assert load(path, {}).first == dry.first


@pytest.mark.parametrize(
    ("dates", "unclear"),
    [
        (["03/11/2026", "04/04/2026"], {"posted_at": "03/11/2026"}),
        (["03/11/2026", "11/30/2026"], {}),
        (["03/11/2026", "30/11/2026"], {}),
        (["03.11.2026"], {}),
        (["2026-11-03", "4/4/2026"], {}),
    ],
)
def test_a_date_that_can_be_read_both_ways_is_told(load, tmp_path, dates, unclear):
    path = tmp_path / "survey.csv"
    path.write_text("text,posted_at\n" + "".join(f"It leaks.,{date}\n" for date in dates))
    assert load(path, {}).unclear == unclear


def test_fields_map_themselves_and_a_title_is_text_enough(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "title,text,score,n_replies,lang,url,community,about\nOnly a title,,3,4,en,https://a.example,b,NWA\n"
    )
    (post,) = posts(load(path, {}))
    assert (post["text"], post["title"], post["score"], post["n_replies"]) == (
        "Only a title",
        "Only a title",
        3,
        4,
    )
    assert (post["lang"], post["url"], post["community"], post["about"]) == (
        "en",
        "https://a.example",
        "b",
        "NWA",
    )


def test_rows_without_an_id_are_known_by_what_they_say(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,author\ntoo slow,Jo\ntoo slow,Ann\ntoo slow,Jo\n")
    ids = [post["source_id"] for post in posts(load(path, {}))]
    assert len(set(ids)) == 3, "two customers may say the same, and one may say it twice"
    again = load(path, {})
    assert [post["source_id"] for post in posts(again)] == ids
    assert again.landing_file.name > "20261122T120000.000000Z.jsonl", "no file takes another's place"


def test_refused_rows_are_counted_by_reason(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "source_id,text,posted_at,rating,score\n"
        "1,,2026-06-01,3,1\n"
        "2,x,soon,3,1\n"
        "3,x,2026-06-01,good,1\n"
        "4,x,2026-06-01,9,1\n"
        "5,x,2026-06-01,3,many\n"
        "6,x,2027-06-01,3,1\n"
        "7,x,2026-06-01,3,1,more\n"
        "8,x,n/a,N/A,\n"
        "8,y,2026-06-01,3,1\n"
        "9,x\n"
        "\n"
    )
    imported = load(path, {})
    assert [post["source_id"] for post in posts(imported)] == ["8", "9"]
    assert imported.n_rows == 10
    assert imported.refused == {
        "no text": 1,
        "posted_at is not a date of a known form": 1,
        "rating is not a number of stars": 1,
        "a rating outside 1 to 5": 1,
        "score is not a whole number": 1,
        "posted in the future": 1,
        "not a row of the file's columns": 1,
        "the source_id of an earlier row": 1,
    }


def test_a_broken_line_of_json_costs_itself(load, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": \n[1]\n\n{"text": "two", "more": 1}\n')
    imported = load(path, {})
    assert [post["text"] for post in posts(imported)] == ["one", "two"]
    assert imported.refused == {"not a row of the file's columns": 2}


def test_a_column_s_other_dates_tell_where_the_day_is(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,posted_at\na,03/04/2026\nb,21/04/2026\n")
    assert [post["posted_at"][:10] for post in posts(load(path, {}))] == ["2026-04-03", "2026-04-21"]
    path.write_text("text,posted_at\na,03/04/2026\nb,04/21/2026\n")
    assert [post["posted_at"][:10] for post in posts(load(path, {}))] == ["2026-03-04", "2026-04-21"]


def test_cells_of_a_sheet_keep_their_types(load, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["source_id", "text", "posted_at", "rating"])
    book.active.append([17.0, 404, datetime(2026, 6, 1, 9, 30), 4.5])
    book.active.append([18, "b", date(2026, 6, 2), None])
    book.save(tmp_path / "a.xlsx")
    first, second = posts(load(tmp_path / "a.xlsx", {}))
    assert (first["source_id"], first["text"], first["rating"]) == ("17", "404", 4.5)
    assert first["posted_at"] == "2026-06-01T09:30:00+00:00"
    assert (second["source_id"], second["posted_at"]) == ("18", "2026-06-02T00:00:00+00:00")


def test_nothing_landed_leaves_no_file(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\n \n")
    assert load(path, {}).landing_file is None
    assert list((tmp_path / "data" / "landing" / "survey").iterdir()) == []


@pytest.mark.parametrize(
    ("columns", "more", "expected"),
    [
        ({"words": "Comment"}, {}, "--map words: expected one of source_id, parent_id"),
        (
            {"text": "Words"},
            {},
            "expected the column 'Words', found 'Id', 'When', 'Comment', 'Stars', 'Customer'",
        ),
        ({}, {}, "expected --map text=COLUMN with one of 'Id', 'When'"),
        (
            COLUMNS,
            {"source": "My survey"},
            "source: expected small letters, digits, - and _, found 'My survey'",
        ),
        (COLUMNS, {"source": "../x"}, "source: expected"),
        (COLUMNS | {"about": "Id"}, {"about": "NWA"}, "about: expected a brand or a column, found both"),
    ],
)
def test_a_mistake_is_told_before_anything_lands(load, tmp_path, columns, more, expected):
    write_csv(tmp_path / "a.csv")
    with pytest.raises(ImportMistake) as caught:
        load(tmp_path / "a.csv", columns, **more)
    assert expected in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_a_column_that_is_there_twice_is_a_mistake(load, tmp_path):
    (tmp_path / "a.csv").write_text("text,text\na,b\n")
    with pytest.raises(ImportMistake, match="expected one column 'text', found 2"):
        load(tmp_path / "a.csv", {})


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.doc", b"x", r"a\.doc: expected a file that ends in \.csv, \.tsv"),
        ("a.parquet", b"PAR0", r"a\.parquet: expected PARQUET: "),
        ("a.xlsx", b"no zip", r"a\.xlsx: expected XLSX: "),
        ("none.csv", None, r"none\.csv: no such file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(load, tmp_path, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=expected):
        load(tmp_path / name, {"text": "text"})


def test_an_empty_file_has_no_columns(load, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(ImportMistake, match="with one of no columns"):
        load(tmp_path / "a.csv", {})


def test_ids_are_the_same_in_every_data_folder_and_hold_no_author(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,author\ntoo slow,Jo\ntoo slow,Ann\n")
    ids = [post["source_id"] for post in posts(load(path, {}))]
    elsewhere = load(path, {}, data=tmp_path / "elsewhere", key=b"another key for imports")
    assert [post["source_id"] for post in posts(elsewhere)] == ids
    path.write_text("text,author\ntoo slow,Someone\ntoo slow,Else\n")
    assert [post["source_id"] for post in posts(load(path, {}))] == ids
    path.write_text("text\nmail a@b.example\nmail c@d.example\n")
    first, second = [post["source_id"] for post in posts(load(path, {}))]
    path.write_text("text\nmail [email]\n")
    assert [post["source_id"] for post in posts(load(path, {}))] == [first], "only what is kept is hashed"
    assert second != first


def test_ids_that_identify_people_do_not_land(load, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "source_id,parent_id,community,author,text\n"
        "jo@mail.example,,+1 212 555 0123,Jo Doe,first\n"
        "+1 212-555-0199,jo@mail.example,tea,Ann Lee,Regards; Ann Lee\n"
        "T-7,T-6,tea,,third\n"
    )
    imported = load(path, {})
    first, second, third = posts(imported)
    landed = imported.landing_file.read_text()
    assert [found for found in ("mail.example", "555", "Jo Doe", "Ann Lee") if found in landed] == []
    assert second["parent_id"] == first["source_id"] != second["source_id"]
    assert (third["source_id"], third["parent_id"]) == ("T-7", "T-6")
    another = posts(load(path, {}, key=b"another key for imports"))
    assert another[0]["source_id"] != first["source_id"], "nobody can find out the id by trying e-mails"


def test_a_source_that_is_asked_again_cannot_be_imported(load, tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("text\nIt leaks.\n")
    with pytest.raises(ImportMistake, match="expected a name of your own, found 'reddit'"):
        load(path, {}, source="reddit")
    assert load(path, {}, source="cfpb").n_landed == 1
