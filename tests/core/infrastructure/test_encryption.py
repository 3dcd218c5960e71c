"""Values decrypt only with their key and for their row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.settings import settings
from tests.accounts import encryption_key

AAD = "accounts/1/access_token"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch, encryption_key(1))


def set_keys(patch: pytest.MonkeyPatch, *keys: SecretStr) -> None:
    patch.setattr(settings(), "encryption_keys", list(keys))


@pytest.mark.parametrize("plain", [b"", b"IGAAtoken", bytes(range(256)), b"x" * 100_000])
def test_an_encrypted_value_decrypts_to_its_plaintext(plain: bytes) -> None:
    assert encryption.decrypt(encryption.encrypt(plain, AAD), AAD) == plain


def test_text_comes_back_as_its_bytes() -> None:
    assert encryption.decrypt(encryption.encrypt("schlüssel", AAD), AAD) == "schlüssel".encode()


def test_encrypting_twice_gives_different_ciphertexts_without_the_plaintext() -> None:
    first, second = encryption.encrypt(b"IGAAtoken", AAD), encryption.encrypt(b"IGAAtoken", AAD)
    assert first != second
    assert b"IGAA" not in first


def test_a_value_that_was_copied_to_another_row_does_not_decrypt() -> None:
    with pytest.raises(InternalError) as caught:
        encryption.decrypt(encryption.encrypt(b"token", AAD), "accounts/2/access_token")
    assert caught.value.code == "sealed_value_invalid"


PLAINTEXT = b"token"


@given(position=st.integers(0, 4 + 12 + len(PLAINTEXT) + 16 - 1), change=st.integers(1, 255))
def test_a_ciphertext_with_a_changed_byte_does_not_decrypt(position: int, change: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        set_keys(patch, encryption_key(1))
        ciphertext = bytearray(encryption.encrypt(PLAINTEXT, AAD))
        ciphertext[position] ^= change
        with pytest.raises((InternalError, Unavailable)):
            encryption.decrypt(bytes(ciphertext), AAD)


@given(length=st.integers(0, 4 + 12 + len(PLAINTEXT) + 16 - 1))
def test_a_truncated_ciphertext_does_not_decrypt(length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        set_keys(patch, encryption_key(1))
        ciphertext = encryption.encrypt(PLAINTEXT, AAD)[:length]
        with pytest.raises((InternalError, Unavailable)):
            encryption.decrypt(ciphertext, AAD)


def test_the_first_key_encrypts_and_the_old_one_still_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    old = encryption.encrypt(b"token", AAD)
    set_keys(monkeypatch, encryption_key(2), encryption_key(1))
    new = encryption.encrypt(b"token", AAD)
    assert (encryption.is_current(old), encryption.is_current(new)) == (False, True)
    assert encryption.decrypt(old, AAD) == encryption.decrypt(new, AAD) == b"token"
    set_keys(monkeypatch, encryption_key(2))
    assert encryption.decrypt(new, AAD) == b"token"
    with pytest.raises(Unavailable, match="not configured") as caught:
        encryption.decrypt(old, AAD)
    assert caught.value.code == "encryption_key_missing"


def test_without_a_key_encryption_fails_and_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)
    with pytest.raises(Unavailable) as caught:
        encryption.encrypt(b"token", AAD)
    assert (caught.value.code, caught.value.retryable) == ("encryption_key_missing", False)
    assert "CONTENT_PIPELINE_ENCRYPTION_KEYS" in caught.value.remedy


@pytest.mark.parametrize("key", ["short", "!" * 44, "ü" * 44, encryption_key(1).get_secret_value()[:-4], ""])
def test_a_malformed_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    set_keys(monkeypatch, SecretStr(key))
    with pytest.raises(Unavailable) as caught:
        encryption.encrypt(b"token", AAD)
    assert caught.value.code == "encryption_key_invalid"
    assert not key or key not in caught.value.detail + caught.value.remedy
