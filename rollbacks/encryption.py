"""Text that is kept encrypted at rest: pager addresses with passwords in them, secrets of targets.

The key is derived (HKDF-SHA256, RFC 5869) from `SECRET_KEY`; `SECRET_KEY_FALLBACKS` still decrypt, so the key can be
changed. It stands in this room because both rooms that keep secrets may import it, and neither may import `config`.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"firebreak: secrets at rest"


class Unreadable(ValueError):
    """It was encrypted with a key that this installation does not have."""


def encrypt(text: str) -> str:
    """The text as a Fernet token (AES-128-CBC with HMAC-SHA256); empty stays empty."""
    return _keys().encrypt(text.encode()).decode("ascii") if text else ""


def decrypt(token: str) -> str:
    """The text behind a token; raises Unreadable with a sentence when the key is another one."""
    try:
        return _keys().decrypt(token.encode("ascii")).decode() if token else ""
    except (InvalidToken, UnicodeError) as error:
        raise Unreadable(
            "A secret cannot be read with this installation's key (FIREBREAK_SECRET_KEY changed): enter it again."
        ) from error


def _keys() -> MultiFernet:
    return _keys_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _keys_of(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(derived_key(secret)) for secret in secrets])


def derived_key(secret: str) -> bytes:
    """The Fernet key that follows from a secret key."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
