"""Lengths of time as people write them: generous in prose, strict in attributes. All results are seconds."""

from __future__ import annotations

import re

_UNITS: dict[str, float] = {
    word: seconds
    for words, seconds in (
        ("ms millisecond milliseconds", 0.001),
        ("s sec secs second seconds seconde secondes segundo segundos sekunde sekunden sekund secondi 秒", 1.0),
        ("m min mins minute minutes minuto minutos minuten minuti minut минут 分钟 分鐘 นาที 分", 60.0),
        ("h hr hrs hour hours heure heures hora horas std stunde stunden ore godzin godziny 小时 小時 時間", 3600.0),
        ("d day days jour jours día días dia dias tage tagen dni 天", 86400.0),
        ("w week weeks semaine semaines semana semanas wochen 周", 604800.0),
    )
    for word in words.split()
}
_MONTHS: dict[str, int] = {
    **dict.fromkeys(("month", "months", "mois", "mes", "meses", "月", "个月"), 1),
    **dict.fromkeys(("quarter", "quarters", "trimestre", "trimestres"), 3),
    **dict.fromkeys(("year", "years", "an", "ans", "año", "años", "年"), 12),
}
_WORD = "|".join(sorted((re.escape(word) for word in _UNITS), key=len, reverse=True))
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_LENGTH = re.compile(rf"(?P<low>{_NUMBER})\s*(?P<unit0>{_WORD})?\s*(?:(?:-|–|—|~|to|à|a|到|至)\s*(?P<high>{_NUMBER})\s*)?"
                     rf"(?P<unit>{_WORD})?(?![A-Za-z0-9])", re.IGNORECASE)  # fmt: skip
_STRICT = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|min|h|d)", re.IGNORECASE)
_STRICT_ALL = re.compile(rf"(?:{_STRICT.pattern})+", re.IGNORECASE)
_OFFSET = re.compile(rf"\bT\s*\+\s*(?P<n>{_NUMBER})\s*(?P<unit>{_WORD})?", re.IGNORECASE)
_EVERY = re.compile(r"every\s+(\d{1,3})?\s*([a-zé月年周]+)", re.IGNORECASE)
_RECURRENCES: tuple[tuple[str, str, int], ...] = (
    (r"\b(bi-?annual|semi-?annual|half-?year|twice a year)", "half-yearly", 6),
    (
        r"\b(quarterly|(every|each|once a|once per|once every) quarter|trimestriel|trimestral|vierteljährlich)|季度|四半期",
        "quarterly",
        3,
    ),
    (r"\b(bi-?monthly)", "every two months", 2),
    (
        r"\b(monthly|(every|each|once a|once per|once every) month|mensuel|mensual|mensal|monatlich)|[每毎]月|月次",
        "monthly",
        1,
    ),
    (
        r"\b(annual|yearly|(every|each|once a|once per|once every) year|annuel|anual|jährlich)|[每毎]年|年次|年に?一?1?回",
        "yearly",
        12,
    ),
    (r"\b(weekly|every week|hebdomadaire|semanal|wöchentlich)|每周|毎週", "weekly", 0),
    (
        r"\b(before|prior to) (each|every|all|any|a|major|a major) (major )?(releases?|deploy(ment)?s?)\b",
        "before a release",
        0,
    ),
)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def find_length(text: str) -> tuple[str, float] | None:
    """Returns the first stretch of time in prose and its upper bound in seconds: "5-10 minutes" gives 600."""
    for match in _LENGTH.finditer(text[:2000]):
        unit = match.group("unit") or match.group("unit0")
        if unit is None:
            continue
        before = text[: match.start()].rstrip()
        if before.endswith("+") or (before[-1:].isalnum() and not re.search(r"[\s(]$", text[: match.start()])):
            continue
        sign = re.search(r"(<=?|≤|~|≈|under|within|about|up to|less than)$", before, re.IGNORECASE)
        start = sign.start() if sign else match.start()
        upper = _number(match.group("high") or match.group("low")) * _UNITS[unit.lower()]
        return text[start : match.end()].strip(), upper
    return None


def upper_bound(text: str) -> float | None:
    """Returns the upper bound of the first length of time in the text, in seconds."""
    if re.match(r"\s*(immediate(ly)?|instant(ly|aneous)?|now|at once)\b", text, re.IGNORECASE):
        return 0.0
    found = find_length(text)
    return found[1] if found else None


def offset(text: str) -> float | None:
    """Returns a phase's offset: "T+5 minutes" gives 300; a bare "T+5" counts minutes."""
    match = _OFFSET.search(text[:2000])
    if match is None:
        return None
    return _number(match.group("n")) * _UNITS[(match.group("unit") or "min").lower()]


def strict(text: str) -> float | None:
    """Returns the length of an attribute such as 30s, 1m30s, 500ms, 2h; None for everything else."""
    compact = text.strip().replace(" ", "")
    if not compact or _STRICT_ALL.fullmatch(compact) is None:
        return None
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in _STRICT.findall(compact))


def recurrence(text: str) -> tuple[str, int] | None:
    """Returns (word, months between) of a schedule: "Quarterly (Every 3 months)" gives ("quarterly", 3)."""
    lowered = text[:500].lower()
    months = _every_months(lowered)
    for pattern, word, usual in _RECURRENCES:
        if re.search(pattern, lowered):
            return word, months if months is not None else usual
    if months is not None:
        return f"every {months} months", months
    return None


def _every_months(text: str) -> int | None:
    match = _EVERY.search(text)
    unit = _MONTHS.get(match.group(2)) if match else None
    return int(match.group(1) or 1) * unit if match and unit else None


def spoken(seconds: float) -> str:
    """Returns a length as a person says it: 90 gives "1 min 30 s"."""
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
