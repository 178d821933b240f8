"""What tells the heading of a rollback procedure from one that only stands near it; extended by adding a word."""

from __future__ import annotations

import re

from plans.document.either import Either

OTHER = re.compile(
    r"\b((?<!from )(?<!from a )(?<!from the )(?<!depuis )(?<!desde )(?<!del )(?<!do )backups?|stash(ing)?|"
    r"resume|deploy(s|ment|ments|ing)?|upgrad(e|es|ing)|updat(e|es|ing)|migrat\w+ (steps?|process|plan)|"
    r"^((database|schema|db|data) )?migration$|"
    r"roll(ing)? ?out|roll(ing)? ?forward|implementation|"
    r"ship(s|ping)?|publish(ing)?|launch(ing)?|go[- ]live|cut-?over|provision(ing)?|onboarding|bootstrap(ping)?|"
    r"configuration|how it works|architecture|"
    r"monitoring|metrics|alerts?|checklists?|history|status|location|what .* (reverses|does)|example|automation|ci/cd|pipeline|"
    r"logging|useful|cheat ?sheet|(common|quick|handy) commands|commands? sets?|commands? reference|"
    r"commandes (rapides|utiles)|comandos (rápidos|úte?is|útiles)|setup|install(ation)?|creat(e|ing)|releas(e|ing)|tagging|building|"
    r"tests?|testing|branch(es)?|clean[- ]?up|"
    r"health checks?|debug(ging)?|diagnos\w+|inventory|tools?|environment variables?|"
    r"(current|initial|git|database|known) states?|state snapshots?|appendix|appendices|annexe?s?|anexos?|anhang|"
    r"hist[óo]ric[oa]s?|historial|historique|limpeza|limpieza|nettoyage|customizar|personalizar|configurar|estrutura|estructura|política|"
    r"available versions?|versions available|versions? (identification|information|compatibility|tracking)|"
    r"(current|previous|installed) versions?|permissions?|access|"
    r"d[ée]ploiement|desplieg\w+|implanta\w+|bereitstellung|mise en (service|production))\b|\btracking$"
    r"|(?<!恢复)(?<!还原)(?<!从)备份(（|\(|$)|^(crear |hacer )?(copias? de seguridad|respaldos?)\b"
    r"|^(cr[ée]er |faire )?(une |la )?sauvegardes?\b"
)
"""Headings of going forward, or of what stands beside a rollback."""
THING = re.compile(
    r"\b(configuration|deployments?|releases?|environment variables?|ci/cd|pipeline|permissions?|access)\b"
    r"(?! (the|to|of|a|new|latest|checklists?|backups?)\b)"
)
"""Words of OTHER that may also name the thing that is taken back, where the heading stands among procedures."""
ACTS_FORWARD = re.compile(
    r"\b(deploy|upgrade|update|install|create|setup|set up|build|test|resume|release|migrate|monitor)(ing)?\b(?= )|"
    r"\b(new|latest|next|standard|normal|regular|initial|first) (deployment|release|upgrade|installation|version)|"
    r"\b(deploy(ment)?|release|upgrade) (process|workflow|steps|procedure|pipeline)$"
)
"""What goes forward also among procedures: "Deploy the new version"."""
FAILURE = re.compile(
    r"\b(bad|broken|fail\w*|faulty|wrong|incorrect|corrupt\w*|errors?|issues?|problems?|crash\w*|down|outage|"
    r"breaks?|didn.t|breach|loss|lost|leak\w*|degrad\w*|slow\w*|unavailable|stuck|missing|invalid|expired|compromised?|unhealthy|regression|won.t|"
    r"misbehav\w*|malfunction\w*|unstable|instability|unresponsive|hang(s|ing)|unusable|unreachable|inaccessible|inconsisten\w*|"
    r"(not|n.t) (work|respond|start|load|build)(ing)?|"
    r"échou\w*|défaill\w*|falla\w*|fallid\w*|falh\w*|fehlgeschlagen\w*|fehlerhaft\w*)\b|失败|故障(?!诊断|排查|分析)"
)
"""A heading that names what went wrong: among procedures it opens the answer to it."""
BACK_TO = re.compile(
    r"\b(previous|prior|earlier|last[- ](known[- ])?(good|working|stable)|known[- ]good|stable|old|older|legacy|original) "
    r"(\w+ ){0,2}(version|release|image|build|deployment|revision|tag|commit|state|configuration|config|task definition|"
    r"artifact|package|apk|bundle)s?\b|"
    r"\b(from|previous|the) backups?\b"
)
"""A heading that names the state before: "Deploy the previous image" goes back."""
HALTS = re.compile(
    r"(stop|abort|pause|halt|cancel|freeze)(p?ing)? .*\b(roll-?out|deploy\w*|release|canary|migration)\b"
)
"""What stops going forward is a way back: "Abort the deployment"."""
GENERIC = re.compile(
    r"(the|a|an|of|for|and|or|to|how|general|standard|manual|full|plan|plans|strategy|strategies|guide|runbook|overview|procedures?|process|"
    r"instructions?|documentation|roll(ing)?[ -]?back|recovery|emergency|disaster|restore|revert|"
    r"reverting|reverted|releases?|deployments?|changes?|if|when|needed|necessary|required|your|this|de|del|du|reversa|reversión|restauración|procedimientos?|procédures?|retour|arrière|[^\w])*"
)
"""A heading that only says that it is about going back, not of what."""
HOW = re.compile(
    r"(the )?(manual|quick|detailed|emergency|immediate|full)? ?(roll ?back|recovery|restore|restoration|revert|resolution|response)? ?"
    r"(steps|procedure|process|instructions|commands|actions|execution|solution|fix|mitigation|remediation|answer|strategy)|"
    r"(solution|résolution|solución|resolución|solução|lösung|behebung)( (immédiate|rapide|inmediata|rápida|imediata))?|"
    r"(execut(e|ing)|perform(ing)?|carry(ing)? out|run(ning)?|start(ing)?|trigger(ing)?) (the |a )?roll ?back|"
    r"解决(方案|方法|步骤)?|対処(法|方法)?|절차|방법|手順|步骤"
)
"""A heading that announces steps and names nothing: the heading above it is the procedure's name."""
ISSUE = re.compile(r"(issue|problem|error|problema|problème|fehler|erreur)s?\b")
"""A heading that names a trouble of its own, not the case of the procedure above."""
IN_GOOD_TIME = re.compile(
    r"\b(pre-?(deploy\w*|release|upgrade|migration)|before (each |every |any |the |a )?(deploy\w*|release|upgrade|migration)|"
    r"daily|nightly|weekly|scheduled|regular|periodic|automat\w+) .{0,40}(backup|snapshot|dump)|"
    r"\b(backup|snapshot|dump)s? .{0,20}(before|with) (each |every |any |the |a )?(deploy\w*|release|upgrade|migration|changes?)"
)
"""A heading about a backup that is made long before anybody goes back."""
LOOKS = re.compile(
    r"((initial|root cause|quick) )?(diagn[oó]s\w*|investigat\w*|detect\w*|identif\w*|assess\w*|analys\w*|triage|check(s|ing)?|"
    r"symptom\w*|causes?|"
    r"détection|análisis|erkennung|诊断|排查|调查)\b"
)
"""A heading that looks before anything is done: "Diagnosis" beside "Solution"."""
CHECKLIST = re.compile(r"checklist|检查清单|checkliste|lista de (verificaci|comproba)|チェックリスト")
ROLLBACK_ITSELF = re.compile(r"(how to )?roll(ing)? ?back|recovery")
_CHANGES = (
    r"^(key |main |expected |planned |breaking |new |all |p\d |priority \d )*"
    r"changes( made| introduced| included)?( (in|by|during|of) .*)?$"
)
CHANGES = re.compile(_CHANGES)
"""A heading that lists what was changed; each change may say how it is taken back."""
NOT_A_ROLLBACK = Either(
    r"^(key )?(monitor(ing|eo|amento)?|überwachung|alert(s|ing)?|metrics|logging|dashboards?|communication|notifications?)\b|"
    r"\bre-?(migrat\w+|attempt\w*|launch\w*|upgrad\w+|rollout)\b|\bnot (a )?roll ?back|\bresum(e|ing)\b|"
    r"\bno rollback\b|roll(ing)?[- ]?forward|^q ?\d{1,2} ?[:：.、]|^tests? (de|du|des|d.) (la )?(restauration|retour|rollback)|"
    + _CHANGES
    + r"|\btables (kept|preserved|retained)\b|^data (preservation|preserved)\b|"
    r"^(warning|caution|danger|attention|achtung) ?[:：]|^(nowe|zmodyfikowane|zmienione|usunięte) pliki\b|"
    r"^((immediate|initial|final|manual|automated|data|integrity|system|service|application|performance|security|sanity) ){1,3}"
    r"checks?( \(.{1,40}\))?$|"
    r"\bfix(ing)?[- ]forward|\bforward[- ]fix|"
    r"\b(tools?|scripts) and (scripts|tools?)\b|"
    r"^(do not|don.t|never|why|what(?! if\b)|o que|lo que|ce que|ce qui|por que|por qué|pourquoi|warum|was)\b|"
    r"^(tipos|types|kinds|arten) (de|d.|of|von)\b|"
    r"timelines?$|優先順位|^(délai|durée|temps|tempo|tiempo|dauer|zeit\w*)\b.*(estim|geschätzt|previst|cible)|"
    r"^before (the )?first\b|^(issue|problem|error)s? ?[:：]|^(required )?inputs?\b|^criteri\w+ |^health checks?\b|\bnothing to\b|"
    r"^(objetivos?|objectifs?|objectives?|goals?|ziele?|(key )?concepts?|"
    r"conceptos?( clave)?|principios?( clave)?|principes?|"
    r"((roll ?back|recovery|our) )?philosophy)$|(원칙|정의|개요|기준|보고서?|상황)$|"
    r"^(escenarios|cenários|scénarios|situations) (que|qui)\b|^(?!if\b|when\b).*\b(does not|doesn.t|cannot|can.t)\b|"
    r"^(incident (response|management|handling|report|investigation)|"
    r"((roll ?back|incident) )?decision (order|sequence|process|tree|matrix|flow|framework|criteria|guide)|"
    r"severity|priority|classification)\b|"
    r"^(root cause |initial )?(investigat(ion|e|ing)|diagnos(is|tics?|e)|triage|detection|"
    r"investigación|investigação|diagnostik|调查|诊断)\b(?!.*roll)|"
    r"^identifica(tion|ción|ção)\b|"
    r"^(identify(ing)?|find(ing)?|spot(ting)?|detect(ing)?|recogni[sz](e|ing)) (the |any |a )?(problem|issue|cause|failure|error)s?\b|"
    r"^(check|verify|look at) (these|this|the following) first\b|\b(information|details)$|"
    r"^after (a |the |each |every |any )?(\w+ )?(roll ?back|recovery|rolling back|restore)$|"
    r"\b(metrics|things|figures|data|numbers) (to|we|you) (track|monitor|watch|collect|record|measure)|"
    r"^roll ?back (complete|completed|completion)$|"
    r"^(learning|lessons|insights) (from|learned)\b|"
    r"^(informaci[óo]n|informaç[õo]es|informations?|herramientas|ferramentas|outils|werkzeuge)\b|"
    r"\b(after|during) (a |the )?(\w+ )?roll ?back( \(.{1,40}\))?$|"
    r"\btraining( scenarios| exercises| drills)?$|\b(certification|readiness|sign-?off|planning|"
    r"strategy development)$|^(roll ?back )?(approvals?|authori[sz]ation)$|"
    r"^(log|register|registro|historique|histórico|historial)s? (of|de|des|der)\b|"
    r"\b(rto|rpo|recovery (point|time) objectives?)\b|"
    r"\b(overview|summary|history|log|logs|architecture|metrics|statistics|glossary|templates?|principles?|guidelines?|policy|"
    r"^(the )?((manual|automatic|automated) )?(roll ?back|recovery) (features|capabilities|benefits|functionality|mechanisms?|support|"
    r"facts|basics|terminology|goals|only|system)$|"
    r"(?<!rollback )(?<!recovery )levels?|"
    r"(important|critical|key|additional|final|other|special) (notes?|reminders?|points|facts|considerations)|"
    r"permissions?|roles?|responsibilities|alerting|audit trail|records?|record creation|"
    r"(?<!cron )jobs|framework|safety measures|"
    r"enhancements|improvements|times|management|authority|safeguards|objectives|targets|estimates|notes|"
    r"restrictions|constraints|limitations|limits|blockers|caveats|warnings|assumptions)( \(.{1,40}\))?$|决策流程$"
)
"""Headings that name no rollback, whatever they hold."""
SEEKS = re.compile(
    r"^(identify|find|determin|locat|look)(e|t?ing)?\b(?!.*\b(and|then|to) (restor|revert|roll|re-?deploy))|"
    r"^(identificar|identifier|determinar|déterminer|localiser|localizar|encontrar|trouver|ermitteln)\b"
)
"""A heading that only finds out where to go back to, whatever ways there are to find it."""
BESIDE = Either(
    SEEKS.pattern + r"|^(why|how) .*works?$|"
    r"^(check|list|view|show|assess|evaluat|inspect|see)(e|t?ing)?\b(?!.*\b(and|then|to) (restor|revert|roll|re-?deploy))|"
    r"^(version(ing)?|tag|branch)( (numbering|naming|scheme|policy|conventions?))$|^versioning$|"
    r"^(warnings?|caution|danger|attention|disclaimer|achtung|avertissement|advertencia|atenção|aviso)\b.{0,40}$|"
    r"^git tags$|^(forward|re-?run\w*) migrations?$|"
    r"\b(log (locations?|files)|approvals?( (process|workflow|chain|requirements))?|risks?( (mitigations?|factors|matrix|levels?))?|"
    r"(migration|procedure|implementation|release|technical) notes|breaking changes|training|kpis?|next steps|"
    r"(files?|components?|systems?|services?) (changed|affected|modified|involved)|changes (made|summary)|"
    r"(affected|changed|modified|impacted) (files?|components?|systems?|services?|users?|features?|areas?)|"
    r"impact( (assessment|analysis|summary))?|data loss( (risks?|considerations))?|compliance|getting help|need help\??|"
    r"ownership|readiness|preparedness|restrictions|reports?|reporting|sign-?offs?|"
    r"(directory|repository|repo|project|folder|file|storage) (structure|layout|tree)|"
    r"examples?|utilities|branching|after (the |a )?deploy(ment|ing)|data (preservation|retention|integrity|handling|safety)|"
    r"common (mistakes|pitfalls|errors)|((data|database|schema|db) )?migrations? (safety|rules|policy)|"
    r"pitfalls|maintenance|housekeeping|observability|assessment|prevention|precautions|"
    r"(roll ?back|recovery) (window|artifacts?|assets?|features?|points?|costs?|budget|rules|state|"
    r"triggers?|notes?|definitions?|safety|model))"
    r"( \(.{1,40}\))?$|"
    r"^(?!.*(回滚|恢复|还原|重启|切换|ロールバック|復旧|롤백|복구)).*(检查|脚本|日志|诊断|改进|监控|预防|完整性|状态|记录|报告|总结|培训|策略|"
    r"确认|スクリプト|ログ|監視|記録|報告|点検|점검|로그|진단|모니터링|개선|보고)(检查|脚本|清单)?$"
)
"""Headings that stand beside the procedures and are none while nothing stands below them: what is known, agreed on or looked at."""
OPENS_BACK = re.compile(
    r"(roll ?back|recovery|revert|restore) ?[:：–—-] ?\S|roll ?back to |"
    r"(restore|revert|undo|recover|roll back|rolling back|restaurer|restaurar) "
)
"""A heading that opens with going back and then names the thing: "Restore the job history", "Rollback: Metrics"."""
TOOLS = re.compile(
    r"\b(tools?|scripts|automation) (and|&) (scripts|tools?|automation)\b|^(rollback |automation )?scripts$"
)
"""A heading that collects scripts: those that say themselves that they roll back are procedures."""
MAY_HOLD = re.compile(TOOLS.pattern + r"|\b(roll ?back|recovery) templates$|^incident (response|management|handling)\b")
"""Headings that name no rollback, below which one may stand that says itself that it goes back."""
MAY_COLLECT = re.compile(r"^(tipos|types|kinds|arten) (de|d.|of|von)\b|\b(mechanisms?|details|features|capabilities)$")
"""Headings that name no rollback, unless the ways to go back stand below them."""
LAST_RESORT = re.compile(
    r"\b(last resort|nuclear option|(when|if) (everything|all)( else)? fails|"
    r"emergency (stop|shut-?down|kill)|kill ?switch|arrêt d.urgence|parada de emerg[eê]ncia|not-?aus)\b|dernier recours|último recurso"
)
"""What is done when no other way back is left."""
REPRISE = re.compile(r"(commands|procedures|options|methods|steps|scripts)$")
"""A heading in the plural: in a quick reference it repeats what stands below."""
WATCHING = re.compile(r"(monitor(ing)?|alert(s|ing)?|metrics|logging|dashboards?|communication|notifications?)\b")
"""Words of NOT_A_ROLLBACK that may open the name of a thing: "Notification service rollback"."""
ONE = re.compile(r"(procedure|process|runbook|sequence|plan)( \(.*)?$")
"""A heading that names one procedure: the phases below it are its steps."""
KINDS = re.compile(r"\b(types|kinds|options|strategies|scenarios|approaches|tipos|typen|arten)( \(.*)?$")
"""A heading in the plural: bullets below it name the ways there are, and tell nothing to do."""
SEVERAL = re.compile(r"(options|methods|strategies|scenarios|procedures|ways|alternatives)( \(.*)?$")
"""A heading that collects procedures of which one is carried out."""
