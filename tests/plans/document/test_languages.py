"""A plan in one of eleven languages reads as the same plan: reasons, checks before and after, procedures, people."""

# ruff: noqa: E501 – tables, one case a line, in their own letters

import pytest

from plans.document import read_plan

BOXES = "- [ ] Lorem ipsum\n- [ ] Dolor sit\n"
COMMANDS = "```bash\ngit checkout v1\n```\n"
NUMBERED = "1. Lorem ipsum\n2. Dolor sit\n"
PLANS = {
    "English": ("Rollback Plan", "When to roll back", "Pre-rollback checks", "Rollback Procedures", "Code Rollback", "Database Rollback", "Post-Rollback Verification", "Emergency Contacts", "Technical lead"),
    "Spanish": ("Plan de Rollback", "Criterios para Rollback", "Lista de verificación previa", "Procedimientos de Rollback", "Rollback de Código", "Rollback de Base de Datos", "Verificación Post-Rollback", "Contactos de Emergencia", "Líder técnico"),
    "French": ("Plan de rollback", "Quand effectuer un rollback", "Prérequis", "Procédures de rollback", "Rollback du code", "Rollback de la base de données", "Vérification après rollback", "Contacts d'urgence", "Responsable technique"),
    "Portuguese": ("Plano de Rollback", "Quando fazer rollback", "Pré-requisitos", "Procedimentos de Rollback", "Rollback do Código", "Rollback do Banco de Dados", "Verificação Pós-Rollback", "Contatos de Emergência", "Líder técnico"),
    "German": ("Rollback-Plan", "Wann zurückrollen", "Voraussetzungen", "Rollback-Verfahren", "Code-Rollback", "Datenbank-Rollback", "Überprüfung nach dem Rollback", "Ansprechpartner", "Technischer Leiter"),
    "Italian": ("Piano di rollback", "Quando eseguire il rollback", "Prerequisiti", "Procedure di rollback", "Rollback del codice", "Rollback del database", "Verifica dopo il rollback", "Contatti di emergenza", "Responsabile tecnico"),
    "Polish": ("Plan wycofania (rollback)", "Kiedy wykonać rollback", "Wymagania wstępne", "Procedury rollback", "Rollback kodu", "Rollback bazy danych", "Weryfikacja po rollbacku", "Kontakty awaryjne", "Kierownik techniczny"),
    "Russian": ("План отката", "Когда откатывать", "Предварительные проверки", "Процедуры отката", "Откат кода", "Откат базы данных", "Проверка после отката", "Контакты", "Технический лидер"),
    "Chinese": ("回滚方案", "触发条件", "回滚前检查", "回滚步骤", "代码回滚", "数据库回滚", "回滚后验证", "紧急联系人", "技术负责人"),
    "Traditional Chinese": ("緊急回滾指南", "立即回滾情況", "回滾前檢查", "快速回滾步驟", "代碼回滾", "數據庫回滾", "回滾後驗證清單", "緊急聯絡資訊", "技術負責人"),
    "Japanese": ("ロールバック手順書", "ロールバック判断基準", "事前確認", "ロールバック手順", "コードのロールバック", "データベースのロールバック", "ロールバック後の確認", "緊急連絡先", "技術責任者"),
    "Korean": ("롤백 계획", "롤백 조건", "사전 점검", "롤백 절차", "코드 롤백", "데이터베이스 롤백", "롤백 후 검증", "비상 연락처", "기술 책임자"),
}  # fmt: skip


@pytest.mark.parametrize("language", PLANS)
def test_a_plan_reads_alike_in_every_language(language: str) -> None:
    title, why, before, above, first, second, after, people, role = PLANS[language]
    plan = read_plan(
        f"# {title}\n\n## {why}\n\n- Lorem\n- Ipsum\n\n## {before}\n\n{BOXES}\n## {above}\n\n### {first}\n\n{COMMANDS}\n"
        f"### {second}\n\n{NUMBERED}\n## {after}\n\n{BOXES}\n## {people}\n\n- **{role}**: Ana\n- **DBA**: Luis\n"
    ).parts
    assert [level.name for level in plan.levels] == [first, second]
    assert [len(part) for part in (plan.triggers, plan.pre_checks, plan.validations)] == [2, 2, 2]
    assert [person.role for person in plan.contacts] == [role, "DBA"]


@pytest.mark.parametrize(
    "beside", ["服務狀態檢查", "日志检查", "故障診斷", "未來部署改進", "数据完整性检查", "障害ログ", "로그 점검"]
)
def test_what_stands_beside_procedures_is_none_in_other_letters_either(beside: str) -> None:
    plan = read_plan(f"# 回滚指南\n\n## 回滚步骤\n\n### 代码回滚\n\n{COMMANDS}\n## {beside}\n\n{COMMANDS}\n").parts
    assert [level.name for level in plan.levels] == ["代码回滚"]


@pytest.mark.parametrize(
    ("heading", "row"),
    [("連絡先", "| 役割 | 対応内容 |\n|---|---|\n| DevOps | CI |\n| CTO | 全体 |"), ("비상 연락처", "| 담당 | 내용 |\n|---|---|\n| DevOps | CI |\n| CTO | X |")],
)  # fmt: skip
def test_people_in_tables_of_other_languages(heading: str, row: str) -> None:
    plan = read_plan(f"# 回滚指南\n\n## 代码回滚\n\n{COMMANDS}\n## {heading}\n\n{row}\n").parts
    assert [person.role for person in plan.contacts] == ["DevOps", "CTO"]


@pytest.mark.parametrize("heading", ["五、常见问题", "常见故障", "よくある質問"])
def test_common_questions_are_known_issues(heading: str) -> None:
    asked = "".join(f"### Q{n}：回滚后？\n\n1. 检查\n2. 查看\n\n" for n in (1, 2))
    plan = read_plan(f"# 回滚指南\n\n## 代码回滚\n\n{COMMANDS}\n## {heading}\n\n{asked}").parts
    assert len(plan.known_issues) == 2
    assert len(plan.levels) == 1
