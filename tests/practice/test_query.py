import pytest

from practice.orders.execute import ResolverError, execute
from practice.orders.query import QueryError, parse

SCHEMA = {
    "Query": {
        "pair": lambda parent, arguments: [{"__typename": "Thing", "n": n} for n in range(arguments.get("count", 2))],
        "broken": lambda parent, arguments: _fail(),
    },
    "Thing": {"n": lambda parent, arguments: parent["n"]},
}


def _fail():
    raise ResolverError("no luck")


def answer(text, **variables):
    return execute(SCHEMA, parse(text), variables)


def test_aliases_arguments_and_nested_type_names_are_answered():
    assert answer("{ two: pair { kind: __typename n } }") == {
        "data": {"two": [{"kind": "Thing", "n": 0}, {"kind": "Thing", "n": 1}]}
    }
    assert answer("query Some($c: Int = 1) { pair(count: $c) { n } }", c=1) == {"data": {"pair": [{"n": 0}]}}


def test_a_failing_field_is_null_with_its_path_and_the_rest_is_answered():
    assert answer("{ ok: __typename bad: broken { n } }") == {
        "data": {"ok": "Query", "bad": None},
        "errors": [{"message": "no luck", "path": ["bad"]}],
    }


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{ ...x }", "Fragments"),
        ("mutation { a }", "Only queries"),
        ("{ a", "ends too early"),
        ("{ a ; }", "not understood"),
        ("{ }", "at least one field"),
        ("{ a } { b }", "One operation"),
        ("{" + "a {" * 20, "nested more than"),
    ],
)
def test_what_is_not_answered_is_refused_with_a_sentence(text, part):
    with pytest.raises(QueryError, match=part):
        parse(text)


@pytest.mark.parametrize("text", ["{ nothing }", "{ pair }", "{ pair { n { deeper } } }"])
def test_a_query_that_does_not_fit_the_schema_has_no_data(text):
    assert answer(text)["data"] is None
    assert answer(text)["errors"]
