"""Answers parsed selections from a table of resolvers: `{type: {field: resolver}}`.

A resolver gets the parent and the arguments. A value that is a dict with `__typename` is an object; lists are walked.
A failing resolver gives null at its place and one entry in `errors`, as GraphQL over HTTP does, with status 200.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .query import Field, QueryError, Variable

Resolver = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
Schema = Mapping[str, Mapping[str, Resolver]]
Path = tuple[str | int, ...]


class ResolverError(Exception):
    """A field could not be answered; its message is shown to the caller."""


def execute(schema: Schema, selections: tuple[Field, ...], variables: Mapping[str, Any]) -> dict[str, Any]:
    """`{"data": …}` with `errors` when a field failed; a field that no type has fails the whole document."""
    execution = _Execution(schema, variables)
    try:
        data = execution.answer({"__typename": "Query"}, selections, ())
    except QueryError as error:
        return {"data": None, "errors": [{"message": str(error)}]}
    return {"data": data, "errors": execution.errors} if execution.errors else {"data": data}


class _Execution:
    def __init__(self, schema: Schema, variables: Mapping[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self.errors: list[dict[str, Any]] = []

    def answer(self, parent: Mapping[str, Any], selections: tuple[Field, ...], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in selections:
            here = (*path, field.key)
            found[field.key] = self._complete(self._resolve(parent, field, here), field, here)
        return found

    def _resolve(self, parent: Mapping[str, Any], field: Field, path: Path) -> Any:
        kind = parent["__typename"]
        if field.name == "__typename":
            return kind
        resolver = self._schema[kind].get(field.name)
        if resolver is None:
            raise QueryError(f"Cannot query field '{field.name}' on type '{kind}'.")
        try:
            return resolver(parent, self._bound(field.arguments))
        except ResolverError as error:
            self.errors.append({"message": str(error), "path": list(path)})
            return None

    def _complete(self, value: Any, field: Field, path: Path) -> Any:
        if isinstance(value, list):
            return [self._complete(item, field, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, Mapping):
            if not field.selections:
                raise QueryError(f"Field '{field.name}' needs a selection of subfields.")
            return self.answer(value, field.selections, path)
        if field.selections and value is not None:
            raise QueryError(f"Field '{field.name}' has no subfields.")
        return value

    def _bound(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        return {
            name: self._variables.get(value.name) if isinstance(value, Variable) else value
            for name, value in arguments.items()
        }
