"""How a step acts: one file a kind, one dict that names them. A kind takes plain data and returns a plain Outcome."""

from collections.abc import Callable
from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors import exec as exec_
from rollbacks.executors import file, flag, graphql, http, shell

__all__ = ["EXECUTORS"]

Executor = Callable[[dict[str, Any], Surroundings, Sink, Stop], Outcome]
EXECUTORS: dict[str, Executor] = {
    "exec": exec_.execute,
    "file": file.execute,
    "flag": flag.execute,
    "graphql": graphql.execute,
    "http": http.execute,
    "shell": shell.execute,
}
