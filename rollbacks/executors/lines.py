"""`set <key> = <value>`, `remove <key>`: the one line of a file that gives a key its value, in that line's own
spelling."""

import re
from dataclasses import dataclass

from rollbacks.executors.diff import lines_of

# Words for true and false that come in pairs; a line keeps its own pair and its own case.
PAIRS = (("true", "false"), ("on", "off"), ("yes", "no"), ("1", "0"), ("enabled", "disabled"))


@dataclass(frozen=True)
class Setting:
    """One line that sets a key: what stands before, around and after its value."""

    index: int
    head: str
    quote: str
    value: str
    tail: str

    def with_value(self, value: str) -> str:
        return f"{self.head}{self.quote}{value}{self.quote}{self.tail}"


def find_setting(text: str, key: str) -> Setting | None:
    """The line that sets the key; None when there is none. Raises ValueError when there are several."""
    shape = re.compile(
        rf"^(?P<head>\s*(?:export\s+)?(?P<q>[\"']?){re.escape(key)}(?P=q)"
        r"(?:\s*:\s*[A-Za-z_][\w.\[\]| ]*(?=\s*=))?\s*[=:]\s*)"
        r"(?P<quote>[\"']?)(?P<value>[^\"'#,;\n]*?)(?P=quote)(?P<tail>\s*[,;]?\s*(?:#.*)?\r?\n?)$"
    )
    found = []
    for index, line in enumerate(lines_of(text)):
        if match := shape.match(line):
            found.append(Setting(index, match["head"], match["quote"], match["value"], match["tail"]))
    if len(found) > 1:
        where = ", ".join(str(one.index + 1) for one in found)
        raise ValueError(f"{key} is set on several lines ({where}); which one counts is not clear. Use a diff.")
    return found[0] if found else None


def set_value(text: str, key: str, value: str) -> str:
    """The text with the key's value replaced. Raises ValueError when no line sets it."""
    setting = find_setting(text, key)
    if setting is None:
        raise ValueError(f"No line sets {key}; nothing was changed.")
    return _replaced(text, setting.index, setting.with_value(value))


def set_flag(text: str, name: str, on: bool) -> str:
    """The text with the flag's value turned to true or false in the words that the line uses already."""
    setting = find_setting(text, name)
    if setting is None:
        raise ValueError(f"No line sets {name}; nothing was changed.")
    now = setting.value.strip()
    for pair in PAIRS:
        if now.lower() in pair:
            word = pair[0 if on else 1]
            word = (
                word.capitalize()
                if now[:1].isupper() and not now.isupper()
                else word.upper()
                if now.isupper()
                else word
            )
            return _replaced(text, setting.index, setting.with_value(word))
    raise ValueError(f"{name} is set to “{now[:40]}”, which is neither true nor false; nothing was changed.")


def remove(text: str, key: str) -> str:
    """The text without the key's line; the same text when there is none."""
    setting = find_setting(text, key)
    return text if setting is None else _replaced(text, setting.index, "")


def _replaced(text: str, index: int, line: str) -> str:
    lines = lines_of(text)
    lines[index] = line
    return "".join(lines)
