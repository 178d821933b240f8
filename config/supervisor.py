"""Runs the whole installation in one terminal: `manage.py up`, or `python -m config.supervisor`.

Two processes. The first stands by and holds the terminal's exit status; the second supervises. If either is killed the
other ends everything: even `kill -9` leaves no process behind. Nothing here imports Django: it stays small.

Start: folder → socket → Redis → `manage.py prepare` → pages → workers → practice service → address and password.
Stop: the first Ctrl-C ends what is idle and lets a rollback step end; the second kills.
"""

import json
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from config import processes
from config.data_folder import CannotStart, kept_port, kept_secret, listen, open_folder, why_not
from config.embedded_redis import embedded_redis, wait_until_it_answers
from config.line_up import practice_part, web_part, worker_parts
from config.log_lines import LogLines
from config.parts import Part, ended, python
from config.up_settings import UpSettings, read_up_settings

TICK = 0.2
IDLE_SECONDS = 3.0  # what is idle is gone by then
BUSY_SECONDS = 20.0  # a mail or a probe under way may end
READY_SECONDS = 30.0
PRACTICE_SECONDS = 5.0
SAME_REQUEST_SECONDS = 1.0


class Supervisor:
    """The parts, their order, and the two ways to stop."""

    def __init__(self, settings: UpSettings, listener: socket.socket, log: LogLines) -> None:
        self._settings, self._listener, self._log = settings, listener, log
        self._parts: list[Part] = []
        self._asked_to_stop, self._asked_at = 0, float("-inf")
        self._wakeup, wakeup_write = socket.socketpair()
        self._wakeup.setblocking(False)
        wakeup_write.setblocking(False)
        self._wakeup_write = wakeup_write
        self._parent = os.getppid()

    def run(self) -> int:
        """Until everything has ended; the exit status of the whole."""
        self._take_signals()
        try:
            told = self._start()
        except CannotStart as error:
            self._turn()  # the part's own last words come first
            self._log.say(str(error))
            self._kill()
            return 1
        if not self._asked_to_stop:
            self._announce(told)
        while not self._asked_to_stop:
            self._turn()
            for part in self._parts:
                part.look_after(self._log)
        return self._stop()

    # Start

    def _start(self) -> dict[str, str]:
        settings = self._settings
        environment = {
            "FIREBREAK_DATA": str(settings.data),
            "FIREBREAK_URL": settings.url,
            **settings.child_environment,
        }
        os.environ.update(environment)
        if not settings.redis_url:
            redis, url = embedded_redis(settings.data)
            self._launch(redis)
            wait_until_it_answers(url, redis)
            os.environ["REDIS_URL"] = url
        practice_port = kept_port(settings.data / "practice-port", settings.practice_port) if settings.practice else 0
        # The pages import their code while the database is prepared, and answer when the pipe is closed.
        wait_on, go = os.pipe()
        web = self._launch(web_part(self._listener.fileno(), wait_on))
        told = self._prepare(practice_port)
        os.close(go)
        self._wait_for([web], READY_SECONDS)
        if self._asked_to_stop:
            return told
        if not web.ready:
            raise CannotStart("The pages could not be started; the lines above say why.")
        workers = [self._launch(part) for part in worker_parts()]
        practice = [self._launch(practice_part(settings, practice_port))] if settings.practice else []
        self._wait_for(workers, READY_SECONDS)
        # Its environment is made once and may take half a minute on a busy machine: nobody waits for that.
        self._wait_for(practice, PRACTICE_SECONDS)
        return told

    def _prepare(self, practice_port: int) -> dict[str, str]:
        """Migrations and, on a new installation, its first data; in a process that gives its memory back."""
        answer = self._settings.data / "prepared.json"
        answer.unlink(missing_ok=True)
        command = python("manage.py", "prepare", "--answer", str(answer), "--practice-port", str(practice_port))
        part = Part("prepare", command, stopping=True)
        part.start()
        while part.pid and self._asked_to_stop < 2:
            self._turn(part)
        if part.process is None or part.process.wait() != 0:
            raise CannotStart("Firebreak was not started; the line above says why.")
        found: dict[str, str] = json.loads(answer.read_text(encoding="utf-8"))
        answer.unlink()  # it holds a password
        return found

    def _launch(self, part: Part) -> Part:
        part.start()
        self._parts.append(part)
        return part

    def _wait_for(self, parts: list[Part], seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._asked_to_stop:
            if all(part.ready or part.given_up or part.crashes > 1 for part in parts):
                return
            self._turn()
            for part in self._parts:
                part.look_after(self._log)

    def _announce(self, told: dict[str, str]) -> None:
        late = [part.name for part in self._parts if not part.ready and not part.given_up]
        if late:
            self._log.say(f"Not ready yet: {', '.join(late)}. It goes on starting.")
        self._log.say("")
        self._log.say(f"Firebreak answers on {self._settings.url}")
        if told.get("password"):
            self._log.say(f"Sign in as {told['username']} with the one-time password {told['password']}")
        if os.geteuid() == 0:
            self._log.say(
                "It runs as root, and so do the steps of a rollback: use an account of its own where you can."
            )
        self._log.say("Ctrl-C stops it.")
        self._log.say("")

    # Stop

    def _stop(self) -> int:
        """Ends the idle parts, waits for a step under way, then ends what it needed: practice service and Redis."""
        self._log.say("Stopping. What is idle ends now.")
        rollback = [part for part in self._parts if part.name == "rollback"]
        needed = [part for part in self._parts if part.name in ("practice", "redis")]
        idle = [part for part in self._parts if part not in rollback and part not in needed]
        for part in [*rollback, *idle]:
            part.signal(signal.SIGTERM)
        self._end(idle, patience={"general": BUSY_SECONDS})
        self._end(rollback, patience={"rollback": float("inf")})
        if self._asked_to_stop < 2:
            # Redis last: a worker that ends may still want to say good-bye to it.
            for part in sorted(needed, key=lambda one: one.name == "redis"):
                part.signal(signal.SIGTERM)
                self._end([part], patience={})
        if self._asked_to_stop < 2:
            self._log.say("Stopped.")
            return 0
        self._kill()
        self._log.say("Killed. A step that was at work shows “Outcome unknown” after the next start.")
        return 130

    def _end(self, parts: list[Part], patience: dict[str, float]) -> None:
        began = time.monotonic()
        while any(part.pid for part in parts) and self._asked_to_stop < 2:
            self._turn()
            for part in parts:
                if part.pid and time.monotonic() - began > patience.get(part.name, IDLE_SECONDS):
                    processes.kill_everything([part.pid])

    def _kill(self) -> None:
        for part in self._parts:
            part.stopping = True
        processes.kill_everything(part.pid for part in self._parts if part.pid)
        for part in self._parts:
            if part.process:
                part.process.wait()

    # The loop

    def _turn(self, *more: Part) -> None:
        """Waits a moment for output or a signal, and deals with it."""
        if os.getppid() != self._parent:
            self._die()
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakeup, selectors.EVENT_READ)
            for part in [*self._parts, *more]:
                if part.pipe:
                    selector.register(part.pipe, selectors.EVENT_READ, part)
            for key, _ in selector.select(TICK):
                if key.data is None:
                    with suppress(BlockingIOError):
                        self._wakeup.recv(64)
                else:
                    key.data.read(self._log.write)

    def _take_signals(self) -> None:
        signal.set_wakeup_fd(self._wakeup_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGUSR1, lambda *_: self._die())
        processes.tell_me_when_my_parent_dies(signal.SIGUSR1)

    def _on_stop(self, number: int, _: object) -> None:
        # `timeout` and the like send TERM to the whole group, and the one that stands by passes it on: what comes twice
        # at once was asked once. Ctrl-C is never passed on.
        now = time.monotonic()
        if number == signal.SIGINT or now - self._asked_at > SAME_REQUEST_SECONDS:
            self._asked_to_stop += 1
            self._asked_at = now

    def _die(self) -> None:
        """The process that stood by was killed: end everything now."""
        processes.kill_everything(part.pid for part in self._parts if part.pid)
        os._exit(1)


def stand_by(supervisor: int, log: LogLines) -> int:
    """Waits for the supervisor, passes SIGTERM on to it, and ends everything when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the supervisor as well
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # and this one
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(supervisor, number))
    status, left_on_purpose = watch_over(supervisor)
    if status >= 0:
        return status
    # What was below the supervisor dies by its death signals; what those do not reach is orphaned to us.
    end = time.monotonic() + 2.0
    while time.monotonic() < end and (processes.kill_orphans(spared=left_on_purpose) or end - time.monotonic() > 1.5):
        time.sleep(0.05)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    log.say(f"The supervisor {ended(status)}; everything was ended.")
    return 1


def watch_over(supervisor: int) -> tuple[int, set[int]]:
    """How the supervisor ended, and the orphans we had by then: services that steps left behind on purpose."""
    left: set[int] = set()
    while True:
        found, status = os.waitpid(-1, os.WNOHANG)
        if found == supervisor:
            return os.waitstatus_to_exitcode(status), left
        left = processes.children_of(os.getpid()) - {supervisor}
        if not found:
            signal.sigtimedwait([signal.SIGCHLD], TICK)


def main() -> int:
    """Exit status 0 after a clean stop, 1 with a sentence when it cannot start, 130 after the second Ctrl-C."""
    log = LogLines()
    os.chdir(Path(__file__).resolve().parent.parent)
    try:
        settings = read_up_settings()
        lock = open_folder(settings.data)
        kept_secret(settings.data / "secret-key")
        (settings.data / "staticfiles").mkdir(exist_ok=True)  # the web server warns where it is missing
        listener = listen(settings.host, settings.port)
    except CannotStart as error:
        log.say(str(error))
        return 1
    processes.adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # so that none is missed between two looks
    supervisor = os.fork()
    if supervisor:
        return stand_by(supervisor, log)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    try:
        status = Supervisor(settings, listener, log).run()
    except OSError as error:
        log.say(why_not(settings.data, error))
        status = 1
    os.close(lock)
    return status


if __name__ == "__main__":
    sys.exit(main())
