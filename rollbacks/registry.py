"""The verbs on services, environments and targets. Each writes one event; a target's stand on its own stream."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from rollbacks.models import Environment, Refused, Service, Target
from timeline.models import Event

INSTALLATION = "installation"


def add_service(*, name: str, by: Any = None) -> Service:
    """A new service; its slug comes from its name."""
    with transaction.atomic():
        service = Service.objects.create(name=name.strip(), slug=_slug(Service, name))
        Event.record(INSTALLATION, "service.added", actor=by, data={"service": service.name, "slug": service.slug})
    return service


def add_environment(*, name: str, is_production: bool, by: Any = None) -> Environment:
    """A new environment; production wears its mark on every page."""
    with transaction.atomic():
        environment = Environment.objects.create(
            name=name.strip(), slug=_slug(Environment, name), is_production=is_production
        )
        said = {"environment": environment.name, "slug": environment.slug, "is_production": is_production}
        Event.record(INSTALLATION, "environment.added", actor=by, data=said)
    return environment


def rename(thing: Service | Environment, *, name: str, by: Any = None) -> None:
    """Another name for a service or an environment; addresses keep the old slug."""
    word = _word(thing)
    with transaction.atomic():
        old, thing.name = thing.name, name.strip()
        thing.save(update_fields=["name"])
        Event.record(
            INSTALLATION, f"{word}.renamed", actor=by, data={"old": old, "new": thing.name, "slug": thing.slug}
        )


def set_production(environment: Environment, is_production: bool, *, by: Any = None) -> None:
    """Whether an environment is production. Watches of production targets cannot be shortened."""
    with transaction.atomic():
        if is_production and environment.targets.exclude(watch=None).exists():
            raise Refused(
                f"A target in {environment} shortens the watch; production does not allow that. Clear it there first."
            )
        environment.is_production = is_production
        environment.save(update_fields=["is_production"])
        said = {"environment": environment.name, "slug": environment.slug, "is_production": is_production}
        Event.record(INSTALLATION, "environment.production_set", actor=by, data=said)


def remove(thing: Service | Environment, *, by: Any = None) -> None:
    """Removes a service or an environment that nothing refers to."""
    word = _word(thing)
    try:
        with transaction.atomic():
            said = {word: thing.name, "slug": thing.slug}
            thing.delete()
            Event.record(INSTALLATION, f"{word}.removed", actor=by, data=said)
    except ProtectedError:
        raise Refused(f"{thing.name} has targets or runs and stays: the record needs it. Rename it instead.") from None


def add_target(*, by: Any = None, **fields: Any) -> Target:
    """A new target. Refused when the service has one in that environment."""
    try:
        with transaction.atomic():
            target = Target.objects.create(**fields)
            Event.record(target.stream, "target.added", actor=by, data=_said(target, {}))
    except IntegrityError:
        raise Refused(f"{fields['service']} has a target in {fields['environment']} already. Open that one.") from None
    return target


def change_target(
    target: Target, fields: dict[str, Any], *, by: Any = None, drawn_from: str | None = None
) -> dict[str, Any]:
    """Writes the fields that differ and returns them as {field: [old, new]}; an empty answer means nothing differed.

    `drawn_from` is `state_of(target)` when the form was drawn; another one means that somebody was faster: Refused.
    """
    with transaction.atomic():
        held = (
            Target.objects.select_for_update(of=("self",))
            .select_related("service", "environment", "plan")
            .get(pk=target.pk)
        )
        if drawn_from is not None and drawn_from != state_of(held):
            raise Refused(_who_was_faster(held))
        changes = {
            name: [_plain(getattr(held, name)), _plain(value)]
            for name, value in fields.items()
            if getattr(held, name) != value
        }
        if changes:
            for name in changes:
                setattr(held, name, fields[name])
            held.save(update_fields=list(changes))
            Event.record(held.stream, "target.changed", actor=by, data=_said(held, changes))
    return changes


def state_of(target: Target) -> str:
    """The number of the target's last change: what a form carries to notice that it is stale."""
    last = Event.objects.filter(stream__key=target.stream, kind__in=("target.added", "target.changed"))
    return str(last.order_by("-seq").values_list("seq", flat=True).first() or 0)


def _who_was_faster(target: Target) -> str:
    event = Event.objects.filter(stream__key=target.stream, kind="target.changed").order_by("-seq").first()
    what = ", ".join(event.data["changes"]) if event else "it"
    who = (event.actor_name if event else "") or "Somebody"
    return f"{who} changed {what} of {target} while you were editing. Nothing was saved; your entries are below."


def _said(target: Target, changes: dict[str, Any]) -> dict[str, Any]:
    said = {"target": target.pk, "service": target.service.name, "environment": target.environment.name}
    return {**said, "changes": changes} if changes else said


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _word(thing: Service | Environment) -> str:
    return "service" if isinstance(thing, Service) else "environment"


def _slug(model: type[Service] | type[Environment], name: str) -> str:
    base = slugify(name)[:55] or "unnamed"
    taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)
