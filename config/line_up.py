"""The parts of an installation and their commands; docker-compose.yml runs the same programs."""

from config.parts import Part, python
from config.up_settings import UpSettings

WORKER = ("-m", "celery", "--quiet", "-A", "config", "worker", "--without-mingle", "--without-gossip")


def web_part(descriptor: int, wait_on: int) -> Part:
    """Pages and stream on a socket that we keep: over a crash of theirs, browsers wait instead of being refused."""
    command = python("-m", "config.server", "--fd", str(descriptor), "--wait-on", str(wait_on))
    return Part("web", command, ready_when="pages answer", keep_open=(descriptor, wait_on))


def worker_parts() -> list[Part]:
    """The three workers, by the same commands as docker-compose.yml."""
    return [
        _worker("rollback", "rollback", "--pool=prefork", "--concurrency=2"),
        _worker("general", "general,probe,mail", "--pool=threads", "--concurrency=4"),
        _worker("control", "control", "--pool=threads", "--concurrency=1", "--beat-thread"),
    ]


def _worker(name: str, queues: str, *more: str) -> Part:
    command = python(*WORKER, f"--hostname={name}@%h", f"--queues={queues}", "--loglevel=INFO", *more)
    # The checks import every view: `prepare` has run them, and each worker is 5 MiB smaller without.
    return Part(name, command, env={"CELERY_SKIP_CHECKS": "1"}, ready_when=" ready.")  # Celery's own last word


def practice_part(settings: UpSettings, port: int) -> Part:
    """The keeper of the practice service."""
    root = settings.data / "practice"
    command = python("-m", "practice.keeper", "--root", str(root), "--port", str(port))
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 (compared, not bound)
    alerts = f"http://{host}:{settings.port}/api/intake/alertmanager/"
    more = ["--alert-url", alerts, "--token-file", str(root / "intake-token")]
    return Part("practice", [*command, *more], ready_when="running (pid ")
