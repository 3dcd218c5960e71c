"""Encryption at rest (AES-256-GCM) for access tokens, upload URLs and webhook secrets in the database.

The first of `settings().encryption_keys` encrypts, any of them decrypts, and a ciphertext begins with its key's id. To
rotate: put a new key in front, run `content-pipeline reencrypt`, remove the old one. The row and column are the
associated data, so a value that is copied to another row does not decrypt.
"""

import binascii
import os
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.settings import settings

_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


def associated_data(table: str, row: object, column: str) -> str:
    """The associated data (AAD) of a value: the table, the row's id and the column that hold it."""
    return f"{table}/{row}/{column}"


def encrypt(plain: bytes | str, aad: str) -> bytes:
    """Key id, nonce and ciphertext. Raises Unavailable `encryption_key_missing` when there is no key."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE_BYTES)
    content = plain.encode() if isinstance(plain, str) else plain
    return key_id + nonce + AESGCM(key).encrypt(nonce, content, aad.encode())


def decrypt(ciphertext: bytes, aad: str) -> bytes:
    """The plaintext. Raises Unavailable without its key, InternalError when it was altered or is another row's."""
    key_id, nonce, content = (
        ciphertext[:_ID_BYTES],
        ciphertext[_ID_BYTES:][:_NONCE_BYTES],
        ciphertext[_ID_BYTES + _NONCE_BYTES :],
    )
    key = _keys().get(key_id)
    if key is None:
        raise _missing("The key that this was encrypted with is not configured.")
    try:
        return AESGCM(key).decrypt(nonce, content, aad.encode())
    except (InvalidTag, ValueError) as error:
        raise InternalError(
            "An encrypted value was altered, or belongs elsewhere.",
            code="sealed_value_invalid",
            remedy="Connect the account again, or rotate the secret of the webhook.",
        ) from error


def is_current(ciphertext: bytes) -> bool:
    """Whether the first key encrypted this. Raises Unavailable when there is no key."""
    return ciphertext.startswith(next(iter(_keys())))


def _keys() -> dict[bytes, bytes]:
    """The keys in their order, by id."""
    keys = [_decode(key.get_secret_value()) for key in settings().encryption_keys]
    if not keys:
        raise _missing("There is no key to encrypt tokens and secrets with.")
    return {sha256(b"id of " + key).digest()[:_ID_BYTES]: key for key in keys}


def _decode(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise Unavailable(
            f"An encryption key is not {_KEY_BYTES} bytes in URL-safe base64.",
            code="encryption_key_invalid",
            remedy="Set CONTENT_PIPELINE_ENCRYPTION_KEYS to keys such as `openssl rand -base64 32 | tr +/ -_` makes.",
            retryable=False,
        )
    return key


def _missing(detail: str) -> Unavailable:
    return Unavailable(
        detail,
        code="encryption_key_missing",
        remedy="Set CONTENT_PIPELINE_ENCRYPTION_KEYS; earlier keys stay behind the first.",
        retryable=False,
    )
