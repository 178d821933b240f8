"""The statements that are repeated for every step and every line of a timeline, written out: Django's query objects cost
several times what the database needs for them. Values go through the model's own fields, as with Django's queries.

Statements that need no answer of each other are asked together: PostgreSQL takes several in one message and answers them
in order, each seeing what those before it did. SQLite has no message to save.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
_CONVERTERS: "dict[tuple[str, models.Field[Any, Any]], list[tuple[Callable[..., Any], Any]]]" = {}


@dataclass
class Statement:
    """One statement and, once it was asked, how many rows it changed or found, and those that it gave."""

    sql: str
    values: Sequence[Any]
    gives_rows: bool = True
    count: int = 0
    rows: list[Any] = field(default_factory=list)

    @property
    def row(self) -> Any:
        """The first of its rows; None when there is none."""
        return self.rows[0] if self.rows else None


@dataclass
class Objects(Statement, Generic[M]):
    """A SELECT of whole objects of this model."""

    model: type[M] | None = None

    @property
    def first(self) -> M | None:
        return self.all[0] if self.rows else None

    @property
    def all(self) -> list[M]:
        model = cast("type[M]", self.model)
        names = [one.attname for one in model._meta.concrete_fields]
        return [model.from_db(connection.alias, names, read(model, None, row)) for row in self.rows]


def ask(*statements: Statement) -> None:
    """Asks them in this order. An error is that of the first that failed; those after it were not done."""
    with connection.cursor() as cursor:
        if len(statements) > 1 and takes_several():
            cursor.execute(
                "; ".join(one.sql for one in statements), [value for one in statements for value in one.values]
            )
            for one in statements:
                _keep(one, cursor)
                cursor.nextset()
            return
        for one in statements:
            cursor.execute(one.sql, one.values)
            _keep(one, cursor)


def _keep(one: Statement, cursor: Any) -> None:
    one.rows = cursor.fetchall() if one.gives_rows else []
    one.count = len(one.rows) if one.gives_rows else cursor.rowcount


def takes_several() -> bool:
    """True where one message may hold several statements with their values in them."""
    return connection.vendor == "postgresql" and not connection.settings_dict["OPTIONS"].get("server_side_binding")


def to_insert(rows: Sequence[models.Model]) -> Statement:
    """New objects of one model; `inserted` gives them their ids afterwards."""
    meta = rows[0]._meta
    fields = [one for one in meta.concrete_fields if not one.primary_key]
    values = [one.get_db_prep_save(one.pre_save(row, True), connection) for row in rows for one in fields]
    # What is empty is written into the statement: half of a new row is.
    marks = ["NULL" if value is None else "%s" for value in values]
    groups = [f"({', '.join(marks[at : at + len(fields)])})" for at in range(0, len(marks), len(fields))]
    names = ", ".join(f'"{one.column}"' for one in fields)
    sql = f'INSERT INTO "{meta.db_table}" ({names}) VALUES {", ".join(groups)} RETURNING "{meta.pk.column}"'  # noqa: S608
    return Statement(sql, [value for value in values if value is not None])


def inserted(rows: Sequence[models.Model], statement: Statement) -> None:
    """They are rows of the database now."""
    for row, (pk,) in zip(rows, statement.rows, strict=True):
        row.pk = pk
        row._state.adding = False
        row._state.db = connection.alias


def insert(rows: Sequence[models.Model]) -> None:
    """Inserts new objects of one model with one statement and gives them their ids."""
    statement = to_insert(rows)
    ask(statement)
    inserted(rows, statement)


def to_update(
    model: type[models.Model],
    where: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    plus: str = "",
    only: str = "",
) -> Statement:
    """Changes the rows that are as `where` says. `plus` is further SQL of the changes, `only` of the condition: both are
    constants of the code."""
    sets, new = _equal(model, changes)
    wheres, old = _equal(model, where)
    sets, wheres = sets + [plus] * bool(plus), wheres + [only] * bool(only)
    sql = f'UPDATE "{model._meta.db_table}" SET {", ".join(sets)} WHERE {" AND ".join(wheres)}'  # noqa: S608
    return Statement(sql, [*new, *old], gives_rows=False)


def _equal(model: type[models.Model], named: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """ "column = %s" for each field, and the values; what is empty is written out, and no condition may be."""
    parts, values = [], []
    for one, given in zip(fields_of(model, named), named.values(), strict=True):
        value = one.get_db_prep_save(given.pk if isinstance(given, models.Model) else given, connection)
        parts.append(f'"{one.column}" = {"NULL" if value is None else "%s"}')
        values.extend([] if value is None else [value])
    return parts, values


def update(model: type[models.Model], where: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Changes the rows that are as `where` says; False when there is none."""
    statement = to_update(model, where, changes)
    ask(statement)
    return statement.count > 0


def to_select(model: type[models.Model], names: Sequence[str], rest: str, values: Sequence[Any]) -> Statement:
    """The values of these fields of the rows that `rest` finds; `rest` is a constant of the code. `read` gives their
    meaning."""
    columns = ", ".join(f'"{one.column}"' for one in fields_of(model, names))
    return Statement(f'SELECT {columns} FROM "{model._meta.db_table}" {rest}', values)  # noqa: S608


def to_find(model: type[M], rest: str, values: Sequence[Any]) -> Objects[M]:
    """The objects that `rest` finds."""
    names = [one.name for one in model._meta.concrete_fields]
    statement = to_select(model, names, rest, values)
    return Objects(statement.sql, statement.values, model=model)


def first(model: type[M], rest: str, values: Sequence[Any]) -> M | None:
    """The first object that `rest` finds."""
    statement = to_find(model, rest, values)
    ask(statement)
    return statement.first


def exists(model: type[models.Model], rest: str, values: Sequence[Any]) -> bool:
    """True when `rest` finds anything."""
    statement = Statement(f'SELECT 1 FROM "{model._meta.db_table}" {rest} LIMIT 1', values)  # noqa: S608
    ask(statement)
    return bool(statement.rows)


def read(model: type[models.Model], names: Sequence[str] | None, row: Sequence[Any]) -> list[Any]:
    """A row as the database's driver gave it, as the fields mean it; `names`: None for all of them."""
    fields = model._meta.concrete_fields if names is None else fields_of(model, names)
    return [converted(one, value) for one, value in zip(fields, row, strict=True)]


def converted(field: "models.Field[Any, Any]", value: Any) -> Any:
    """One value."""
    key = (connection.vendor, field)
    if key not in _CONVERTERS:
        column = field.get_col(field.model._meta.db_table)
        mine = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        _CONVERTERS[key] = [(converter, column) for converter in mine]
    for converter, column in _CONVERTERS[key]:
        value = converter(value, column, connection)
    return value


def lock() -> str:
    """SQLite's transactions begin with the write lock, which is the same."""
    return " FOR UPDATE" if connection.features.has_select_for_update else ""


def fields_of(model: type[models.Model], named: Iterable[str]) -> "list[models.Field[Any, Any]]":
    return [model._meta.get_field(name) for name in named]  # type: ignore[misc]
