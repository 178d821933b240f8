"""Seals the values of a target's secrets and opens them again, with keys that an administrator can change.

The keys come from FIREBREAK_SECRETS_KEY, newest first; behind them stands the one that follows from FIREBREAK_SECRET_KEY (`encryption.py`).
What is sealed names its target and its secret: a value that somebody moves to another row of the table does not open there.
"""

import hashlib
import json

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from rollbacks.encryption import derived_key


class CannotOpen(Exception):
    """A sealed value stays closed; the message is the one sentence that says why."""


def keys() -> list[str]:
    """The keys of this process, newest first; the first one seals, all of them open."""
    derived = [derived_key(str(one)).decode() for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return [*settings.SECRETS_KEYS, *derived]


def new_key() -> str:
    """A random key: 32 bytes in URL-safe base64."""
    return Fernet.generate_key().decode()


def name_of(key: str) -> str:
    """What a row says of the key that sealed it: 12 hexadecimal digits, from which no key follows."""
    return hashlib.sha256(f"firebreak secrets {key}".encode()).hexdigest()[:12]


def newest_name() -> str:
    """The name of the key that seals now."""
    return name_of(keys()[0])


def seal(value: str, *, target: int, name: str) -> tuple[str, str]:
    """The sealed value and the name of the key."""
    key = keys()[0]
    plain = json.dumps([target, name, value]).encode()
    return Fernet(key.encode()).encrypt(plain).decode(), name_of(key)


def open_sealed(sealed: str, *, key_name: str, target: int, name: str) -> str:
    """The value. Raises CannotOpen with a sentence: another key, or not what was sealed for this place."""
    known = {name_of(key): key for key in keys()}
    if key_name not in known:
        raise CannotOpen(
            f"The secret {name} is sealed with the key {key_name}, which is missing here. "
            "Add that key to FIREBREAK_SECRETS_KEY of the web server and every worker, or set the secret again."
        )
    try:
        plain = json.loads(Fernet(known[key_name].encode()).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        raise CannotOpen(f"The secret {name} cannot be opened: what is stored was changed. Set it again.") from None
    if plain[:2] != [target, name]:
        raise CannotOpen(f"The secret {name} was sealed for another place. Set it again.")
    return str(plain[2])
