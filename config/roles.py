"""The four roles of access are Django groups; their permissions are stated here, once.

| role | may |
| --- | --- |
| viewer | read everything |
| responder | work on incidents, start, confirm and settle runs |
| plan author | the responder's acts, and write plans, approve revisions, edit services and targets |
| administrator | everything, and the people and the admin pages |

The permissions themselves are declared by the models of their rooms. `ensure_roles` runs after every migrate, so a
new permission reaches its roles without a migration of its own.
"""

from typing import Any

VIEWER = "viewer"
RESPONDER = "responder"
PLAN_AUTHOR = "plan author"
ADMINISTRATOR = "administrator"
# In rising order: a person with several groups (made in the admin) counts as the highest.
ROLES = (VIEWER, RESPONDER, PLAN_AUTHOR, ADMINISTRATOR)

RESPOND = ("incidents.respond", "rollbacks.operate")
WRITE = ("plans.edit_plan", "plans.approve_revision", "rollbacks.edit_target")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    VIEWER: (),
    RESPONDER: RESPOND,
    PLAN_AUTHOR: (*RESPOND, *WRITE),
}


def ensure_roles(apps: Any = None, using: str = "default", **_: Any) -> None:
    """Makes the groups and sets their permissions, as far as both exist; called for each app by `post_migrate`.

    `apps` is the registry at the end of that migrate: auth may not be part of it yet.
    """
    if apps is None:
        from django.apps import apps
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    for role in ROLES:
        group, _made = groups.objects.using(using).get_or_create(name=role)
        group.permissions.set(_permissions_of(role, permissions.objects.using(using)))


def _permissions_of(role: str, known: Any) -> list[Any]:
    if role == ADMINISTRATOR:
        return list(known.all())
    wanted = set(PERMISSIONS[role])
    candidates = known.filter(codename__in=[name.split(".")[1] for name in wanted]).select_related("content_type")
    return [found for found in candidates if f"{found.content_type.app_label}.{found.codename}" in wanted]


def role_of(user: Any) -> str:
    """The person's role; empty when they have none. A superuser is an administrator."""
    if user.is_superuser:
        return ADMINISTRATOR
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(ROLES) if role in names), "")
