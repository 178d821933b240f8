"""The statements that are repeated for every step and every line of a timeline, written out: Django's query objects cost
several times what the database needs for them. Values go through the model's own fields, as with Django's queries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
_CONVERTERS: "dict[tuple[str, models.Field[Any, Any]], list[tuple[Callable[..., Any], Any]]]" = {}


def insert(rows: Sequence[models.Model]) -> None:
    """Inserts new objects of one model with one statement and gives them their ids."""
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    one = f"({', '.join(['%s'] * len(fields))})"
    names = ", ".join(f'"{field.column}"' for field in fields)
    rows_of_marks = ", ".join([one] * len(rows))
    sql = f'INSERT INTO "{meta.db_table}" ({names}) VALUES {rows_of_marks} RETURNING "{meta.pk.column}"'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding = False
            row._state.db = connection.alias


def update(
    model: type[models.Model],
    where: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    plus: str = "",
    only: str = "",
) -> bool:
    """Changes the rows that are as `where` says; False when there is none. `plus` is further SQL of the changes, `only` of
    the condition: both are constants of the code."""
    sets = [f'"{field.column}" = %s' for field in fields_of(model, changes)] + [plus] * bool(plus)
    wheres = [f'"{field.column}" = %s' for field in fields_of(model, where)] + [only] * bool(only)
    values = [
        field.get_db_prep_save(value, connection)
        for named in (changes, where)
        for field, value in zip(fields_of(model, named), named.values(), strict=True)
    ]
    sql = f'UPDATE "{model._meta.db_table}" SET {", ".join(sets)} WHERE {" AND ".join(wheres)}'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount > 0)


def select(model: type[models.Model], names: Sequence[str], rest: str, values: Sequence[Any]) -> list[Any] | None:
    """The values of these fields of the first row that `rest` finds; `rest` is a constant of the code."""
    fields = fields_of(model, names)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{model._meta.db_table}" {rest}', values)  # noqa: S608
        row = cursor.fetchone()
    return [converted(field, value) for field, value in zip(fields, row, strict=True)] if row else None


def first(model: type[M], rest: str, values: Sequence[Any]) -> M | None:
    """The first object that `rest` finds."""
    names = [field.name for field in model._meta.concrete_fields]
    row = select(model, names, rest, values)
    return (
        model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], row) if row else None
    )


def converted(field: "models.Field[Any, Any]", value: Any) -> Any:
    """A value as the database's driver gave it, as the field means it."""
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
