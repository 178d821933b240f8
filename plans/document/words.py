"""What headings and labels mean: one table a part, extended by adding a line.

Each pattern is searched in a heading that was lowered and freed of emoji, numbering and emphasis (`normal`).
The first table that matches gives the part, so narrower meanings stand first.
"""

# ruff: noqa: E501 – tables: one case a line, words with spaces between

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from plans.document.inline import plain
from plans.document.verbs import BACK_VERB, FOREIGN, HAN, VERBS

ROLLBACK = (
    r"roll(ing|ed|s)?[ -]?back|revert|restor|downgrad|\bundo\b|recover(?!able)|rétabli|restaura|revers(?!ible)|回滚|恢复|ロールバック|rückfall|zurück(rollen|setzen)|hot-?fix|"
    r"retour arrière|disable|fail(ed|ing)?[ -]?over|back-?out|back out|fall-?back (plan|procedure|strateg|option|steps?)|\bgo(ing)? back\b|^yank|откат|восстановл|вернуть|возврат|롤백|복구|되돌리|wycof|przywr[óo]c|przywrac|cofni|ripristin"
)
"""A heading with one of these speaks of going back."""
_STRICTLY = r"\b(roll(ing|ed|s)?[ -]?back|revert(ing|s)?|restor(e|ing)|downgrad\w*|undo|back ?out|going back|yank|reversión|retour arrière)\b|回滚|ロールバック|\bоткат|롤백|\bwycof"
"""What a heading must say below one that speaks of going forward: "Disable the old path" is a part of a deployment there."""

_TABLES: tuple[tuple[str, str], ...] = (
    ("undo", r"^undo( of this level)?$|^undo:"),
    ("restore", r"^restore$|^un-?paus(e|ing)\b|^(back|return(ing)?|going back|switch(ing)? back) to (the )?(normal|new|latest)|^re-?enabl(e|ing)\b|(restor|reapply|re-appl|bring)\w*( back)? the (new|latest|newer)\b|"
                r"^(undo|revert|revers)(ing)? (the|a|this) roll ?back|^(re-?deploy|re-?appl|re-?releas|re-?attempt)\w*\b.* after\b|wiederherstellung des normalbetriebs|^復帰[:：]|新しい版へ戻す"),
    ("not_triggers", r"when not to|when (to|you should|we) fix[- ]forward|^non-?roll ?back|do not roll ?back|don.t roll ?back|fix[- ]forward (when|if|criteria|instead)|not needed|consider (an? )?(alternative|hot-?fix)s?( solution| instead)?|alternatives to (a )?roll|^no roll ?back (if|when|for|needed)|(roll ?back|hard) blockers?$|when (roll ?back|going back) (is )?(not |un|im)(safe|possible|an option)|when you (cannot|can.t) roll ?back|points? of no return|puntos? de no retorno|points? de non[- ]retour|cuándo no|quand ne pas|quando não|wann nicht|不应回滚|quando non|kiedy nie|когда не"),
    ("revisions", r"revision history|^document control$|change ?log|document history|version history|historique des r|historial de|histórico de vers|versionshistorie|änderungshistorie|修订|改訂履歴|история (изменений|версий)|변경 이력|historia (zmian|wersji)|cronologia"),
    ("test_script", r"^(rollback |per-\w+ )?test script|^testing script|^drill script"),
    ("schedule", r"drill|rehears|test(ing)? schedule|^(disaster recovery|dr|recovery|restore|failover) test(s|ing)?$|regular testing|testing (of )?(the |your |a )?rollback|(?<!post-)(?<!pre-)rollback test(s|ing)\b|演练|simulacro|simulado|übung|演習|訓練|素振り|実演|учени[яй]|тренировк|훈련|ćwicze|esercitazion"),
    ("matrix", r"decision (matrix|table|guide|tree)|roll ?back (matrix|table)$|quick reference(?!.*when)|decide what|matriz de|matrice de|entscheidungs|tl;?dr|at a glance|decision summary|which (rollback|procedure|option)|决策(?!者)|判断(?!基準)|どれを使う|どの手段|使い分け|vs\.? the others|матриц|매트릭스|macierz"),
    ("risks", r"risk (assessment|analysis|matrix)|^risks?$|évaluation des risques|evaluación de riesgos|avaliação de risco|risikobewertung|风险"),
    ("template", r"^(?!.*(\.env|\b(env|config(uration)?|report|보고서|analysis|post-?mortem|retrospective|checklist|log|review)\b)).*template|plantilla|modèle|modelo de|vorlage|模板|テンプレート|шаблон|템플릿|szablon|^modell[oi]"),
    ("contacts", r"contact|^(\w+ )?owners$|who to (call|contact|notify|page)|people to call|escalation|escalade|escalad|escalation path|decision authority|on-?call (rotation|list)|contato|ansprechpartner|eskalation|联系人|决策者|紧急联络|联络(人|方式|资讯)|升级|連絡|контакт|эскалаци|연락처|에스컬레이션|kontakt|contatt|eskalac|^responsa(bles?|veis|vel)$|^responsible (people|persons|parties|roles|team)s?$|^on-?call( (team|engineers?|support))?$|^(key |incident |rollback |response )*(personnel|team|stakeholders)$|^(\w+ )?roles( (and|&) responsibilit\w+)?$|^(emergency |technical )?support$|^suporte$|^soporte$|^(rollback |approval )?authority$|^verantwortliche?$"),
    ("known_issues", r"^常见(问题|故障|错误)|^よくある(問題|質問|エラー)|known (issue|problem|limitation)|(common|potential|possible|typical)( \w+){0,2} (issue|problem|failure)|^roll ?back (issue|problem)s$|troubleshoot|dépannage|(resoluci[óo]n|solución|solução) de problemas|fehlerbehebung|故障排[除查]|gotchas?$|limitation|problemas (conhecidos|comuns|conocidos|comunes)|problèmes (connus|courants)|bekannte (probleme|fehler)|已知问题|известные проблемы|устранение (неполадок|неисправностей|проблем)|알려진 문제|문제 해결|znane problemy|rozwiązywanie problemów|problemi (noti|comuni)|risoluzione dei problemi|既知の問題|トラブルシューティング"),
    ("follow_up", r"^(?!.*communicat).*follow-?up|^(key )?(metrics|things|signals) to (monitor|watch|track)\b|roll ?back (completion|closing) (steps|actions|tasks)$|^clos(ing|e)[- ]?out$|롤백 후 (보고|분석|조치|모니터링)|回滚后(监控|总结|分析|操作|行动|复盘|跟进)|恢复后(步骤|行动|分析)|p[óo]s[t-]*-?roll-?back:? (monitor|seguimiento|acompanhamento|análisis|análise)|post[- ]?rollback (metrics|statistics|kpi|action|analysis|recovery|monitoring|review|documentation|report|procedure|obligation|task|step|activit)|after recovery|root cause|根本原因|原因分析|"
                  r"^(short|mid|medium|long)[- ]term post-?roll-?back|^(immediate|short[- ]term|long[- ]term)( actions?| steps?| tasks?| follow.*)?( ?\(.*)?$|post-?mortem|retrospective|post-?(restore|recovery|revert)\b|(recovery|next|further) steps \(?after|lessons|post-?incident|^(with)?in (the )?(first |next )?(\d+|one|a|two) (hour|day|week|month)s?\b|^(the )?(next|same|following|first) (\d+ )?(business )?(hours|days?|weeks?)\b|acciones posteriores|ações (posteriores|pós)|nacharbeit|事後(対応|処理|分析)|(ロールバック|復旧)後の?(対応|作業|処理|分析)"),
    ("pre_checks", r"pre-?roll-?back|prerequisit|pre-?flight|before (you )?(any |each |every )?(roll|start|begin)|safety check|rollback requirements|inputs (you |we )?need|^(what )?(you|we).ll need$|"
                   r"recovery inputs|pre-?(deploy|upgrade|migration|release|rollout|launch|cut-?over)(?!\w* backups?$)|before (you )?(each |every |any |the |a )?(deploy|upgrad|migrat|releas|launch)|avant (de )?(démarrer|commencer|déploy|migr)|preparation checklist|回滚前|^requirements$|^requisitos|pr[ée]r?-?requis|pré-?roll-?back|voraussetzung|^(\S+ ){0,3}antes( de| del| do| o)? (roll|rever|empez|inici|come)|^(\S+ ){0,3}avant( de| le| un)? (roll|reve|comm)|vor (dem|einem) roll|前提条件|pre-?check|pre-?condition|précondition|condiciones previas|condições prévias|vorbedingung|(verificaci[oó]n|comprobaci[oó]n|checklist|verifica[cç][ãa]o|lista)( \w+)? previas?|(verificaciones|comprobaciones|verificações) pr[eé]vias|предварительн|^подготовк|перед (любым )?откат|до отката|사전|롤백 전|wymagania wstępne|przed (rollback|wycof)|prerequisit|prima (del|di)|事前(確認|チェック|準備)|ロールバック前|実施前"),
    ("validation", r"p(ost|[óo]s)[- ]?roll-?back(?!:? (communicat|notif|announce|comms|comunica))|(?<!à )\bv[eé]rif(?!\w* (the )?(backup|current|pre))(?<!backup verif)|\b(?<!monitoring and )(?<!monitoring & )validat(?!\w* (fail|error))|\bvalidaci[óo]n|valida[çc][ãa]o|überprüfung|nach dem roll|after rolling back|(checks?|test(s|ing)?|monitoring) (to run )?(after|following) (the |a |any )?(roll|recover|restor)|^after (the |a )?roll ?back$|(después|depois|après)( de| del| do| o| le| un| la)? (roll|rever|retour)|^confirma[cç]|^tests?$|(recovery|completion) checklist|^post[- ]?(resolution|fix)$|回滚后|验证|確認|smoke test|проверк|после откат|검증|롤백 후|weryfikac|po (rollback|wycof)|dopo (il|la)|ロールバック後|検証"),
    ("criteria", r"^roll ?back (complete|completed|completion)$|(success|exit|acceptance|completion) criteria|(roll ?back|recovery) is (complete|done|successful)|success (indicators?|signs?)|critères de|criterios de éxito|critérios de|erfolgskriterien"),
    ("communication", r"communicat|notif(y|ication)|comms|announce|comunica[cç]|kommunikation|沟通|during an incident|коммуникаци|оповещени|уведомлени|커뮤니케이션|알림|komunikac|powiadom|comunicazion|周知"),
    ("resources", r"^resources|related|\breferences?$|links?$|see also|further reading|documentation$|ressources?$|recursos|weiterführende|相关"),
    ("summary", r"^summary|key points|conclusion|résumé|resum[eo]n?|zusammenfassung|总结|takeaway"),
    ("overview", r"^overview|^introduction|^purpose|^scope|^background|^about|vue d.ensemble|visão geral|descripción general|überblick|índice|概述|概要|目次|目[录錄]|обзор|введение|개요|przegląd|wprowadzenie|panoramica|introduzione|table of contents|^contents$"),
    ("practice", r"^(important |key |final |friendly )?reminders?\b|^remember\b|\breminders?$|important notes?|^notes?$|^tips|do.?s and don|considerations|lessons learned|^faq|key principles|best practice|(boas|melhores|buenas|mejores) práticas|(buenas|mejores) prácticas|bonnes pratiques|bewährte|最佳实践|ベストプラクティス|prevention|anti-?pattern|re-?deploy\w* (prep|plan|check)|before (the |any )?(next|re-?)[ -]?(deploy|release|attempt)|principle|automation$|improvement|^prevent|^(prevenci[óo]n|prévention|prevenção|vorbeugung)|^avoiding|预防"),
    ("triggers", r"trigger|when to (use|roll|revert|restore|abort|act|activate|declare|go back)|situations? d.urgence|emergency (situations|conditions|criteria)|"
                 r"^identify(ing)? (a |an )?(bad|failed|broken|faulty) |red flags|signs (of|that)|signaux d.alerte|señales de alert|sinais de alerta|^indicat(eurs|ors|ores) (d.|of |de |para )|roll ?back (decision )?(criteria|conditions|thresholds|indicators|signals)|(abort|kill) criteria|use this (guide|plan|runbook|document|procedure|playbook) (when|if|for)|when .*roll(ing)? ?back|failure indicator|^critical issues?$|warning sign|criterios para|"
                 r"go ?/? ?no-?go( criteria)?\b.*roll|^decision criteria$|quand (utiliser|effectuer|faire|revenir)|quand .{0,20}(roll|revenir|restaurer)|^d[ée]cisi[oó]n d[eu] (roll|revers|retour)|quando (fazer|usar|executar|reverter)|quando .{0,20}(roll|rever)|wann (zurück|rollback|ein)|触发|回滚(情况|时机|标准)|rollback (when|if)|criteria for roll|symptoms?$|cuándo|gatilho|auslöser|indicadores|когда (откат|выполн|дела|нужен|нужно)|критери[ий] (откат|для)|триггер|условия откат|롤백 (결정 )?(조건|기준|시점)|kiedy (wykona|rob|wycof|użyć|zastosow)|kryteria|quando (eseguire|effettuare)|判断基準|(発動|実施|発生|開始)(条件|基準)"),
)  # fmt: skip
ABOUT_THINGS = frozenset(
    {"communication", "resources", "practice", "template", "contacts", "validation", "schedule", "overview"}
)
"""Parts whose words may also name a thing that is rolled back: "Notification service rollback"."""
_OF_A_THING = re.compile(r".{3,60}? (roll ?back|recovery|restoration|downgrade)( \(.{1,60}\))?")
_OF_ROLLBACK = re.compile(
    r"^(verify|validat|verif|check|confirm|test|practi[cs]|post|after|before|pre|during|communicat|notify|announc|monitor|document|when|what|how|why|"
    r"schedul|related|about|no\b)|\b(of|for|to|during|after|before|the|a|and|or|de|del|do|du|le|la|el|nach|vor|beim|zum|requiring|dry[- ]run|simulat\w+|test(ing)?|après|avant|pendant|durante|después|tras|depois|ap[óo]s|während|dem|einem|dopo|prima|po|przed|il|после|перед) (roll ?back|recovery|restoration)|"
    r"\b(drills?|rehears\w+|contacts?|template|communication|links?|references?)\b.{0,3}(roll ?back|recovery)",
)
THING_ENDS = re.compile(
    r"\b(service|site|website|server|api|app|application|stack|system|database|db|cluster|module|worker|queue|form|table|function|lambda|frontend|backend|"
    r"bot|client|contract|schema|index|cache|gateway|proxy|environment|component)s?( \(.{1,60}\))?$"
)
"""How the name of a thing ends: "Contact form", "Notification service"."""
_CONTAINER = re.compile(
    r"(rollback|recovery|restor(e|ation)|revert|fail-?over|roll-back) (level|procedure|step|method|strateg|scenario|workflow|command|instruction|process|option|"
    r"action|type|path|playbook|runbook)|"
    r"^(manual|emergency|full|quick|complete|partial|automated|automatic) (rollback|recovery)|emergency (procedure|fix|repair|measure)|recovery procedure|(réparation|procédure|mesure|action)s? d.urgence|procedimi?entos? de emerg|notfall(verfahren|maßnahme)|应急(处理|措施|操作)|"
    r"roll(ing)? ?back$|^rollback|niveaux de|回滚策略|回滚步骤|procedimi?en?tos?|procédure|verfahren|手順|^procedures?$|steps to roll|step-by-step|disaster recovery|процедур\w* откат|^откат$|порядок отката|롤백 (절차|방법|단계)|^procedur[ay]\b|procedure d[ie] |ripristino$"
)
_NEUTRAL = re.compile(r"procedimi?en?tos?|procédure|verfahren|手順|^procedures?$|step-by-step")
_LEVEL = re.compile(
    r"^(?P<word>level|niveau|nivel|stufe|livello|tier|级别)(?:\s*(?P<n>\d{1,2})|\s+(?P<l>[a-z]|[ivx]{1,4})\b)|^(?P<han>第?[一二三四五六七八九]级)"
)
_CHOICE = re.compile(
    r"^(?P<word>scenario|escenario|scénario|method|método|méthode|strategy|estratégia|estrategia|stratégie|option|opción|opção|variante|methode|verfahren|szenario|cenário|path|phase|fase|plan|case|approach|"
    r"procedure|вариант|способ|wariant|部分|阶段|方案)(?:\s*#?(?P<n>\d{1,2}|[一二三四五六七八九])|\s+(?P<l>[a-zа-я]|[ivx]{1,4})\b)"
)
STEP_WORDS = "step|étape|paso|passo|etapa|schritt|krok|шаг|крок|stap|steg|trin|adım|bước|步骤|步驟|ステップ|手順|第"
_STEP = re.compile(rf"^({STEP_WORDS})\s*#?(?P<n>\d{{1,3}})")
_NUMBERED = re.compile(
    r"^(?P<n>\d{1,3}(?:\.\d{1,3}){0,3}(?=[.)、:：]?\s)|[A-H]\d{0,2}(?=[.)])|\d{1,2}[A-H](?=[.)])|[一二三四五六七八九十]{1,3}(?=、))[.)、:：]?\s*(?=\S)"
)
_EMOJI = re.compile(r"[\u20e3\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]")

LABELS: tuple[tuple[str, str], ...] = (
    ("time", r"^((estimated|expected|target|typical|average|maximum|max|total|restore|recovery|rollback|execution|deployment|approx\.?|approximate) ){0,2}(time|duration|timing)( (to|required|needed|estimates?|targets?)\b.*)?$|^(time|duration) (estimates?|budget)$|^délai\b|^(target|estimated|expected|total|recovery) time|^rto$|^eta$|time to (recover|rollback|restore)|"
             r"恢复时间|时间估算|temps (de|estimé)|durée|tiempo|tempo (estimado|de|necess)|zeitaufwand|geschätzte (zeit|dauer)|dauer$|所要時間|预计时间|預計時間|^duration|^((rollback|recovery) )?timeline$"),
    ("not_when", r"when not to use|do not use|not needed when|rollback is not needed"),
    ("when", r"^when( to use)?$|^use cases?$|^best for$|when to use|^use (when|if|this)|symptom|^issue$|^problem$|^problème|quand utiliser|cuándo usar|quando usar|wann verwenden|^trigger|使用场景|适用|^(scenario|situation|situación|situação|escenario|scénario|szenario)$|^conditions?$|(failure|warning) (indicators?|signs?)|^indicators?$|^failure modes?$"),
    ("impact", r"^impact|^effects?$|^consequence|^side effects?|^impacto|^auswirkung|影响|影響"),
    ("procedure", r"^(rollback )?(procedure|steps?|actions?|process|rollback|commands?|instructions?|immediate actions?|recovery|execute|how|solution|resolution|fix)( steps?)?$|"
                  r"^steps to|^step[- ]by[- ]step|^pas[os]{1,2} a pas[os]{1,2}\b|^procédure|^étapes|^procedim|^pasos|^passos|^schritte|^vorgehen|步骤|手順"),
    ("undo", r"^undo$|^way back$"),
    ("persists", r"^if it persists|^if (this|it) (does not|doesn.t|fails)|^escalate to|^if not (fixed|resolved)"),
    ("prerequisites", r"prerequisit|^before|^requirements?$|^pre-?checks?|^pr[ée]-?requis|^voraussetzung|^requisitos"),
    ("validation", r"^verif(y|ication)|^validat|^success criteria|^expected (result|outcome)|^check$"),
    ("note", r"^(note|warning|important|critical|danger|attention|caution|tip|risk|data loss|downtime|owner|goal|target|location|status|severity|priority|reason|why|(important |key |critical )?(note|warning|consideration|caveat|limitation)s?|nota|hinweis|achtung|atenção|remarque)s?$"),
    ("alternative", r"^(option|alternative|for|using|via|on|if using)\b"),
)  # fmt: skip


_asked_often = lru_cache(maxsize=16_384)
"""A document repeats its headings, and every part asks about each of them."""
_PARTS = tuple((part, re.compile(pattern)) for part, pattern in _TABLES)
_MEANINGS = tuple((meaning, re.compile(pattern)) for meaning, pattern in LABELS)


_TRADITIONAL = str.maketrans(
    "滾驗證檢聯絡還觸發條級階劃險備緊應監後復問題決責計時間環資庫單務數據執測試總結錄歷訂變溝處態狀標準況團隊負與項業報響驟選擇敗將進錯誤診斷碼腳權限術員戶續點線",
    "滚验证检联络还触发条级阶划险备紧应监后复问题决责计时间环资库单务数据执测试总结录历订变沟处态状标准况团队负与项业报响骤选择败将进错误诊断码脚权限术员户续点线",
)
_ONLY_TRADITIONAL = re.compile("[滾驗證檢聯還觸發條劃險備監應團隊報響驟擇錯誤診腳來進]")
"""Letters that no Japanese heading of a plan holds; where one stands, the heading is read in simplified letters."""


@_asked_often
def normal(heading: str) -> str:
    """Returns a heading for comparison: plain, lower case, no emoji, no leading number, no trailing colon."""
    text = _EMOJI.sub(" ", unicodedata.normalize("NFKC", plain(heading[:500]))).strip(" #:：.-–—*_")
    if not text.isascii() and _ONLY_TRADITIONAL.search(text):
        text = text.translate(_TRADITIONAL)
    text = _NUMBERED.sub("", text) if _NUMBERED.match(text) else text
    return " ".join(text.lower().split())


@_asked_often
def number_of(heading: str) -> str:
    """Returns the leading number of a heading ("3.1 Standard Rollback" gives "3.1"), or an empty text."""
    match = _NUMBERED.match(_EMOJI.sub(" ", plain(heading[:500])).strip())
    return match.group("n") if match else ""


@_asked_often
def part_of(heading: str) -> str:
    """Returns the part a heading names, or an empty text."""
    text = normal(heading)
    if level_word(heading) is not None or choice_word(heading) is not None:
        return _part_of_phase(heading)
    part = next((part for part, pattern in _PARTS if pattern.search(text)), "")
    return "" if part in ABOUT_THINGS and of_a_thing(heading) else part


def _part_of_phase(heading: str) -> str:
    """Returns the part that a phase names where it carries nothing out: "Phase 3: Communication"."""
    if not is_phase(heading):
        return ""
    part = part_of(after_choice(heading))
    return part if part in ("communication", "follow_up") else ""


@_asked_often
def of_a_thing(heading: str) -> bool:
    """Says whether a heading names the rollback of a thing, not what is done about a rollback."""
    text = normal(heading)
    return bool(_OF_A_THING.fullmatch(text)) and not _OF_ROLLBACK.search(text)


@_asked_often
def label_of(label: str) -> str:
    """Returns what a bold label or small heading inside a level announces, or an empty text."""
    text = re.sub(r"\s*\([^()]{1,60}\)$", "", normal(label))
    if step_word(label) is not None:
        return ""
    return next((meaning for meaning, pattern in _MEANINGS if pattern.search(text)), "")


@_asked_often
def level_word(heading: str) -> tuple[str, int | None] | None:
    """Returns ("level", 1) for "Level 1: …"; None where the heading does not open with such a word."""
    match = _LEVEL.match(normal(heading))
    if match is None:
        return None
    return "level", _ordinal(match.group("n") or match.group("l") or match.group("han") or "")


@_asked_often
def choice_word(heading: str) -> tuple[str, int | None] | None:
    """Returns ("scenario", 2) for "Scenario 2 …", "Path B …", "Option C …"."""
    match = _CHOICE.match(normal(heading))
    return (match.group("word"), _ordinal(match.group("n") or match.group("l"))) if match else None


def is_phase(heading: str) -> bool:
    """Says whether a heading opens with "Phase 2", which may be a stage of one way as well as a way of its own."""
    return (choice_word(heading) or ("",))[0] in ("phase", "fase", "阶段")


def after_choice(heading: str) -> str:
    """Returns what a numbered way or phase is named: "Phase 3: Validation" gives "validation"."""
    text = normal(heading)
    match = _CHOICE.match(text)
    return text[match.end() :].strip(" :.()-–—") if match else text


@_asked_often
def step_word(heading: str) -> int | None:
    """Returns 3 for "Step 3: …"."""
    match = _STEP.match(normal(heading))
    return int(match.group("n")) if match else None


def _ordinal(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    if text in _ROMAN:
        return _ROMAN[text]
    if len(text) == 1 and "a" <= text <= "z":
        return ord(text) - ord("a") + 1
    return next((place for place, sign in enumerate("一二三四五六七八九", 1) if sign in text), None)


_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}


@_asked_often
def opens_with_verb(text: str) -> bool:
    """Says whether a heading or an item opens with an imperative."""
    first = re.match(
        r"[a-zà-ÿœ]+", re.sub(r"^(then|now|first|next|finally|immediately|if needed,?)\s+", "", normal(text))
    )
    if first is None:
        return bool(HAN.match(normal(text)))
    return first.group(0) in VERBS or first.group(0) in FOREIGN


def tells_to_act(text: str) -> bool:
    """Says whether an item or a sentence is an instruction, also one to go back: "Restore the backup of last night"."""
    return opens_with_verb(text) or bool(BACK_VERB.match(normal(text)))


def is_rehearsed(heading: str) -> bool:
    """Says whether a heading speaks of trying a rollback, not of what follows one."""
    text = normal(heading)
    return bool(re.search(r"\btest|practi[cs]|simulat|dry[- ]run", text)) and "post" not in text


@_asked_often
def strictly_back(heading: str) -> bool:
    """Says whether a heading says itself that it goes back, also where it stands among forward steps."""
    return bool(re.search(_STRICTLY, normal(heading)))


@_asked_often
def is_container(heading: str) -> bool:
    """Says whether a heading collects rollback procedures."""
    return bool(_CONTAINER.search(normal(heading)))


def is_neutral(heading: str) -> bool:
    """Says whether a heading announces a procedure without saying of what: below going forward it is no way back."""
    text = normal(heading)
    return bool(_NEUTRAL.search(text)) and not re.search(ROLLBACK + "|emergenc|disaster|urgence|notfall", text)


def names_cases(heading: str) -> bool:
    """Says whether a heading announces the cases in which something is done."""
    return bool(
        re.search(
            r"scenario|escenario|scénario|cenário|szenari|cases?\b|situation|situaci|criteri|matri|fälle",
            normal(heading),
        )
    )


def names_choices(heading: str) -> bool:
    """Says whether a heading may stand above a table that tells which answer fits how grave a case."""
    return bool(
        re.search(
            r"severity|impact|strateg|options?\b|choos|select|decision|which|prioriti|severidad|gravedad|gravidade|gravité|sévérité|schwere|criticid|criticité|prioridad",
            normal(heading),
        )
    )


@_asked_often
def speaks_of_rollback(heading: str) -> bool:
    return bool(re.search(ROLLBACK, normal(heading)))


def slug(text: str, limit: int = 40) -> str:
    """Returns a name for machines: "Notify on-call engineer" gives notify-on-call-engineer."""
    folded = unicodedata.normalize("NFKD", plain(text)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:limit].strip("-")
