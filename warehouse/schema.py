"""Bring a warehouse to the present schema: migrations for state, views for all that is derived."""

import hashlib
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"
VIEWS = HERE / "views"
CHECKS = HERE / "checks"


class Contradiction(RuntimeError):
    """The data contradicts itself, so it is not published."""


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Apply the migrations this warehouse has not seen, in order, each in a transaction."""
    con.execute("create table if not exists migration (name varchar primary key)")
    con.execute("comment on table migration is 'One row per migration applied to this file.'")
    con.execute("comment on column migration.name is 'Its file in warehouse/migrations, without .sql.'")
    applied = {name for (name,) in con.execute("select name from migration").fetchall()}
    for file in _files(MIGRATIONS):
        if file.stem not in applied:
            con.execute("begin")
            try:
                _run(con, file)
                con.execute("insert into migration values (?)", [file.stem])
            except duckdb.Error:
                con.execute("rollback")
                raise
            con.execute("commit")


def build(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Build one derived table from its file, say ``mention``, ahead of the others."""
    (file,) = VIEWS.glob(f"[0-9][0-9]_{name}.sql")
    _run(con, file)


def rebuild(con: duckdb.DuckDBPyConnection) -> None:
    """Drop all that is derived, whatever version made it, and build it anew from the files in views/."""
    _drop_derived(con)
    for file in _files(VIEWS):
        _run(con, file)


def verify(con: duckdb.DuckDBPyConnection) -> None:
    """Raise ``Contradiction`` if a query in checks/ finds a row: each looks for what must not be."""
    for file in _files(CHECKS):
        found = _run(con, file).fetchone()
        if found is not None:
            raise Contradiction(f"warehouse/checks/{file.name} found {found}: nothing was published")


def schema_fingerprint() -> str:
    """Return a hash of every migration, view and check: it changes whenever one of them does."""
    digest = hashlib.sha256()
    for file in (*_files(MIGRATIONS), *_files(VIEWS), *_files(CHECKS)):
        digest.update(f"{file.name}\0{file.read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.sql"))


def _run(con: duckdb.DuckDBPyConnection, file: Path) -> duckdb.DuckDBPyConnection:
    try:
        return con.execute(file.read_text(encoding="utf-8"))
    except duckdb.Error as error:
        error.add_note(f"in {file.relative_to(HERE.parent)}")
        raise


def _drop_derived(con: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect(":memory:") as empty:
        migrate(empty)
        state = {name for (name,) in empty.execute("select table_name from duckdb_tables()").fetchall()}
    derived = con.execute("""
        select 'table', table_name from duckdb_tables() where not temporary
        union all select 'view', view_name from duckdb_views() where not internal and not temporary
        union all select distinct if(function_type = 'macro', 'macro', 'macro table'), function_name
        from duckdb_functions() where not internal
    """).fetchall()
    for kind, name in derived:
        if name not in state:
            con.execute(f'drop {kind} "{name}"')
