"""Keeps citizens' words private: encryption at rest with a ring of keys, and masked numbers in logs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import secrets
import traceback
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
FORMAT_VERSION = b"\x01"
HEADER_BYTES = len(FORMAT_VERSION) + KEY_ID_BYTES
SEALED_OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + 16
FEWEST_DIFFERENT_BYTES = 12  # 32 random bytes never hold fewer; "changeme…" and zeros do


class BadKey(ValueError):
    """MOTCUA_SECRET_KEYS cannot be used as it stands."""


class CannotDecrypt(Exception):
    """Stored data does not open: the key is not in the ring, or the data were changed or moved."""


@dataclass(frozen=True, repr=False)
class Key:
    """One secret and what is derived from it: its public id, the cipher, the key of look-up hashes."""

    id: bytes
    cipher: AESGCM
    hash_key: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        try:
            raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            raise BadKey("MOTCUA_SECRET_KEYS: a key is not base64") from None
        if len(raw) != KEY_BYTES:
            raise BadKey(f"MOTCUA_SECRET_KEYS: a key has {len(raw)} bytes instead of {KEY_BYTES}")
        if len(set(raw)) < FEWEST_DIFFERENT_BYTES:
            raise BadKey("MOTCUA_SECRET_KEYS: a key is not random")
        return cls(
            id=_derive(raw, b"id")[:KEY_ID_BYTES],
            cipher=AESGCM(_derive(raw, b"encrypt")),
            hash_key=_derive(raw, b"hash"),
        )


def _derive(raw: bytes, purpose: bytes) -> bytes:
    # The secret is uniformly random, so one HMAC per purpose is derivation enough.
    return hmac.digest(raw, b"motcua/" + purpose, hashlib.sha256)


@dataclass(frozen=True, repr=False)
class KeyRing:
    """The first key encrypts, every key decrypts: a new key is put in front, old ones leave after `reseal`."""

    keys: tuple[Key, ...]

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        parts = [part for part in text.split(",") if part.strip()]
        if not parts:
            raise BadKey("MOTCUA_SECRET_KEYS is blank")
        return cls(tuple(Key.parse(part) for part in parts))

    @property
    def current(self) -> Key:
        return self.keys[0]

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place (table and row): moved to another row, it no longer opens."""
        nonce = os.urandom(NONCE_BYTES)
        header = FORMAT_VERSION + self.current.id
        return header + nonce + self.current.cipher.encrypt(nonce, plain, header + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        key = self._key(self.key_id(sealed), place)
        nonce, body = sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES], sealed[HEADER_BYTES + NONCE_BYTES :]
        try:
            return key.cipher.decrypt(nonce, body, sealed[:HEADER_BYTES] + place.encode())
        except (InvalidTag, ValueError):
            raise CannotDecrypt(f"{place.partition('/')[0]}: the stored data were changed or moved") from None

    def key_id(self, sealed: bytes) -> bytes:
        if len(sealed) < SEALED_OVERHEAD_BYTES or sealed[:1] != FORMAT_VERSION:
            raise CannotDecrypt("the stored data are not in our format")
        return sealed[1:HEADER_BYTES]

    def is_current(self, sealed: bytes) -> bool:
        return self.key_id(sealed) == self.current.id

    def _key(self, key_id: bytes, place: str) -> Key:
        for key in self.keys:
            if key.id == key_id:
                return key
        raise CannotDecrypt(
            f"{place.partition('/')[0]}: written with key {key_id.hex()}, which MOTCUA_SECRET_KEYS does not hold"
        )

    def hash(self, *parts: str) -> bytes:
        """A keyed hash to look things up by without storing them readable."""
        return _hash(self.current, parts)

    def hashes(self, *parts: str) -> list[bytes]:
        """The same hash under every key, for what was stored before a rotation."""
        return [_hash(key, parts) for key in self.keys]


def _hash(key: Key, parts: tuple[str, ...]) -> bytes:
    framed = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(key.hash_key, framed, hashlib.sha256)


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def load_or_create_key(path: Path) -> str:
    """The key kept in a file; made once, readable by its owner only, whole even when two processes start at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_key())
        try:
            os.link(draft, path)  # unlike rename, never replaces the key of whoever came first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


_PRIVATE = re.compile(
    r"""
    (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<token>(?<!\d)\d{6,12}(?::|%3A)[\w-]{30,} | (?<=Bearer\ )[\w.~+/-]+=* | (?<=/sheets/)[\w-]{20,})
  | (?P<kept>(?<!\d)\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d)    # a date and time
           | (?<![\w.])\d\.\d{6}(?:\.\d{3}\.\d\d\.\d\d\.H\d\d)?(?![\w])              # a procedure's code
           | (?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))                                  # an id of ours
  | (?P<dossier>(?<![\w.])(?:\d{3}\.\d\d\.\d\d\.)?[A-Z]\d{1,3}(?:\.\d{1,3})*-\d{6}-\d{3,6}(?!\d))
  | (?P<number>(?<!\d)\+?\d(?:[ .\-]?\d){8,18}(?!\d))                                # phone, citizen id, card
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text without what would tell who a citizen is; enough is left to recognise a repeat."""
    return _PRIVATE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    value = found.group()
    match found.lastgroup:
        case "kept":
            return value
        case "email":
            return f"{value[0]}***@***"
        case "token":
            return "***"
        case "dossier":
            return f"{value.split('-')[0]}-***{value[-2:]}"
        case _:
            return f"***{re.sub(r'[^0-9]', '', value)[-3:]}"


class MaskedRecord(logging.LogRecord):
    """A log record that never shows a citizen's numbers, whichever handler or formatter prints it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):  # uvicorn's access lines are printed from the arguments
            self.args = tuple(mask(value) if isinstance(value, str) else value for value in self.args)
        if self.exc_info and self.exc_info[0]:
            # Formatters print `exc_text` when it is there, and never look at the exception again.
            self.exc_text = mask("".join(traceback.format_exception(*self.exc_info)).rstrip())

    def getMessage(self) -> str:
        return mask(super().getMessage())


def install_log_mask() -> None:
    """From now on every record of every logger is masked; a filter on the root would miss its children."""
    logging.setLogRecordFactory(MaskedRecord)


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same for structlog, as one of its processors."""
    return {name: mask(value) if isinstance(value, str) else value for name, value in event.items()}
