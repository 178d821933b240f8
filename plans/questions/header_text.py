"""Writes into a plan's front matter without touching what else stands there."""

from __future__ import annotations

import re

import yaml

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def scalar(value: str) -> str:
    """A value as YAML, in quotes where a plain one could be read as something else."""
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "''") + "'"


def declare(text: str, part: str, name: str, value: str) -> str:
    """The text with `name: value` under this part; the front matter is begun where there is none."""
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines[1:2000], 1) if line.rstrip() in ("---", "...")), 0)
    if lines[0].rstrip() != "---" or not end:
        return f"---\nplan: 1\n{part}:\n  {name}: {value}\n---\n\n{text}"
    source = "\n".join(lines[1:end])
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        root = None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    known = {key.value: found for key, found in pairs if isinstance(key, yaml.ScalarNode)}
    source = _put(source, known.get(part), part, name, value)
    if "plan" not in known:
        source = f"plan: 1\n{source}"
    return "\n".join([lines[0], source, *lines[end:]])


def _put(source: str, node: yaml.Node | None, part: str, name: str, value: str) -> str:
    if node is None:
        return f"{source.rstrip()}\n{part}:\n  {name}: {value}".lstrip("\n")
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        at = node.end_mark.index - 1
        return f"{source[:at].rstrip()}{', ' if node.value else ''}{name}: {value}{source[at:]}"
    rows = source.split("\n")
    if isinstance(node, yaml.MappingNode) and node.value:
        column, last = node.value[0][0].start_mark.column, node.value[-1][1].end_mark
        at = last.line + (1 if last.column else 0)
    else:
        column, at = 2, node.start_mark.line + 1
    rows.insert(at, f"{' ' * column}{name}: {value}")
    return "\n".join(rows)
