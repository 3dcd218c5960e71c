"""What is sealed opens with its key and for its row, and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from content_pipeline.core import encryption
from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.settings import settings
from tests.accounts import encryption_key

ABOUT = "accounts/1/access_token"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch, encryption_key(1))


def set_keys(patch: pytest.MonkeyPatch, *keys: SecretStr) -> None:
    patch.setattr(settings(), "encryption_keys", list(keys))


@pytest.mark.parametrize("plain", [b"", b"IGAAtoken", bytes(range(256)), b"x" * 100_000])
def test_what_is_sealed_is_opened_again(plain: bytes) -> None:
    assert encryption.decrypt(encryption.encrypt(plain, ABOUT), ABOUT) == plain


def test_text_comes_back_as_its_bytes() -> None:
    assert encryption.decrypt(encryption.encrypt("schlüssel", ABOUT), ABOUT) == "schlüssel".encode()


def test_the_same_value_is_never_sealed_alike_and_is_not_to_be_seen() -> None:
    first, second = encryption.encrypt(b"IGAAtoken", ABOUT), encryption.encrypt(b"IGAAtoken", ABOUT)
    assert first != second
    assert b"IGAA" not in first


def test_a_value_that_was_copied_to_another_row_does_not_open() -> None:
    with pytest.raises(InternalError) as caught:
        encryption.decrypt(encryption.encrypt(b"token", ABOUT), "accounts/2/access_token")
    assert caught.value.code == "sealed_value_invalid"


SEALED = b"token"


@given(place=st.integers(0, 4 + 12 + len(SEALED) + 16 - 1), change=st.integers(1, 255))
def test_no_byte_of_a_sealed_value_can_be_changed(place: int, change: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        set_keys(patch, encryption_key(1))
        sealed = bytearray(encryption.encrypt(SEALED, ABOUT))
        sealed[place] ^= change
        with pytest.raises((InternalError, Unavailable)):
            encryption.decrypt(bytes(sealed), ABOUT)


@given(length=st.integers(0, 4 + 12 + len(SEALED) + 16 - 1))
def test_a_sealed_value_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        set_keys(patch, encryption_key(1))
        sealed = encryption.encrypt(SEALED, ABOUT)[:length]
        with pytest.raises((InternalError, Unavailable)):
            encryption.decrypt(sealed, ABOUT)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    old = encryption.encrypt(b"token", ABOUT)
    set_keys(monkeypatch, encryption_key(2), encryption_key(1))
    new = encryption.encrypt(b"token", ABOUT)
    assert (encryption.is_current(old), encryption.is_current(new)) == (False, True)
    assert encryption.decrypt(old, ABOUT) == encryption.decrypt(new, ABOUT) == b"token"
    set_keys(monkeypatch, encryption_key(2))
    assert encryption.decrypt(new, ABOUT) == b"token"
    with pytest.raises(Unavailable, match="not configured") as caught:
        encryption.decrypt(old, ABOUT)
    assert caught.value.code == "encryption_key_missing"


def test_without_a_key_nothing_is_sealed_and_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)
    with pytest.raises(Unavailable) as caught:
        encryption.encrypt(b"token", ABOUT)
    assert (caught.value.code, caught.value.retryable) == ("encryption_key_missing", False)
    assert "CONTENT_PIPELINE_ENCRYPTION_KEYS" in caught.value.remedy


@pytest.mark.parametrize("key", ["short", "!" * 44, "ü" * 44, encryption_key(1).get_secret_value()[:-4], ""])
def test_a_key_of_the_wrong_form_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    set_keys(monkeypatch, SecretStr(key))
    with pytest.raises(Unavailable) as caught:
        encryption.encrypt(b"token", ABOUT)
    assert caught.value.code == "encryption_key_invalid"
    assert not key or key not in caught.value.detail + caught.value.remedy
