"""What the headers of tables mean, and cells that say nothing: extended by adding a word to a line.

Each pattern is searched in a header as `words.normal` gives it; the first that matches names the field.
"""

# ruff: noqa: E501 – tables: one case a line, words with spaces between

from __future__ import annotations

import re
from functools import lru_cache

from plans.document.words import normal

COLUMNS: tuple[tuple[str, str], ...] = (
    ("threshold", r"threshold|limit|value|umbral|limiar|seuil|schwell"),
    ("severity", r"severity|priority|^risk$|risk level|^(level|nivel|nível|niveau|stufe)$|criticality|kritikalität|criticité|criticidad|criticidade|级别|等级|優先|gravité|gravedad|gravidade|severidade?|schwere|priorit|严重|重大|urgency"),
    ("timeframe", r"time|deadline|\bsla\b|\beta\b|how (long|fast|soon)|délai|durée|plazo|tempo|prazo|tiempo|zeit|dauer|duration|\brto\b|时间|時間|耗时|时长|時限"),
    ("action", r"^then\b|\bfix$|recommend|action|rollback|strategy|decision|response|procedure|approach|solution|do\b|acción|acciones|ação|ações|maßnahme|aktion|estrat[ée]gia|措施|方案|対応|use$|méthode|method|what to|command|remed|回滚方式|处理|操作|动作|方式|対処|やること|どうする"),
    ("symptom", r"symptom|scenario|situation|condition|impact|issue|problem|metric|when|trigger|failure|indicator|what (broke|went|happen)|escenario|cenário|s[íi]ntoma|problema|problème|panne|incident|error|fehler|störung|erreur|you see|signal|cause|reason|event|\bcas\b|\bfall\b|situaç|symptôme|问题|故障|事象|情况|场景|症状|状況|type|if\b|case|change|area|component"),
)  # fmt: skip
CASE = r"^(scenario|situation|symptom|condition|case|trigger|failure|incident|issue|problem|if|when|what (happened|broke|went|you see)|you see)|escenario|cenário|s[íi]ntoma|problem[ae]|problème|situaç|situación|symptôme|panne|\bcas\b|\bfall\b|störung|情况|场景|症状|状況|问题|故障"
"""Headers of what somebody sees; a table of components or changes is no matrix by its headers alone."""
ANSWER = r"^then\b|\bfix$|action|method|méthode|approach|procedure|rollback|roll back|strategy|decision|response|recommend|what to do|do\b|acción|acciones|ação|ações|maßnahme|aktion|措施|方案|対応|处理|操作|方式"
"""Headers of what is done about it; "Solution" and "Command" stand in tables of known issues too."""
HOW = r"\b(commands?|scripts?|links?|runbook|details|status|versions?)\b|steps?$"
"""Headers of what is typed or read: no case, also where no other header names one."""
SEVERITY = r"severity|gravité|gravedad|gravidade|severidade?|schwere|严重"
ABOUT_PEOPLE = r"maker|owner|responsible|approv|authority|\bwho\b|assignee|notify|contact|^notes?$|^comments?$|^example"
"""Columns of a matrix that name people or remarks."""
RISK_COLUMNS: tuple[tuple[str, str], ...] = (
    ("rollback", r"rollback|recovery|answer|response|mitigation"),
    ("probability", r"probab|likelihood|chance"),
    ("impact", r"impact|effect|consequence"),
    ("risk", r"risk|severity|level"),
    ("scenario", r"scenario|event|description|what|issue"),
)
NO_ROLLBACK = r"no action|none|watch|monitor( only)?$|no rollback|accept"
NOT_APPLICABLE = r"not applicable|n/?a\b"
PLACEHOLDER_PERSON = r"^(tbd|todo|n/?a|-+|—|\?+|xxx.*|\[.*\]|<.*>|_+|your .*|name|phone|email|contact( info)?|to be (defined|filled).*|_?à compléter_?)$"


@lru_cache(maxsize=4096)
def column_of(header: str, table: tuple[tuple[str, str], ...] = COLUMNS) -> str:
    """Returns the field a table column holds, or an empty text."""
    text = normal(header)
    return next((name for name, pattern in table if re.search(pattern, text)), "")
