"""Ed25519 over the head of the chain: the key beside the store, what is signed, and whether a signature fits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from kctrig.records.errors import StoreError
from kctrig.records.failing import written


class ShiftKey:
    """The private key of one store's bench, in a file beside the store that only its owner may read.

    Raises:
        StoreError: the file is there and is no such key, or cannot be written.
    """

    def __init__(self, store_path: Path) -> None:
        self.path = key_path(store_path)
        if not self.path.exists():
            with written("the signing key", self.path, "Nothing was signed"):
                self._key = self._make()
            return
        try:
            self._key = self._load()
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"the signing key {self.path} cannot be used: {error}. Put the right file back, or move this one away "
                "and a new key is made"
            ) from error

    @property
    def public(self) -> str:
        """The public part, 32 bytes in base64, as events carry it."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def sign(self, statement: bytes) -> str:
        """The signature in base64."""
        return base64.b64encode(self._key.sign(statement)).decode()

    def _load(self) -> Ed25519PrivateKey:
        key = load_pem_private_key(self.path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it is a key of another kind")
        return key

    def _make(self) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            try:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                self.path.unlink()  # half a key would be in the way of the next one
                raise
        return key


def key_path(store_path: Path) -> Path:
    """Where the private key of a store lies: beside the file itself, whatever link it is named by."""
    real = store_path.resolve()
    return real.with_name(real.name + ".key")


def statement(store_id: str, shift: int, seq: int, head: str, operator: str) -> bytes:
    """What a shift's signature is over: the store, the shift and the last event before its close."""
    return f"kctrig shift\n{store_id}\n{shift}\n{seq}\n{head}\n{operator}\n".encode()


def fits(public: str, signed: bytes, signature: str) -> bool:
    """Whether the signature was made over `signed` with the private part of this key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def pem_of(public: str) -> str:
    """A public key as other programs read it (openssl pkey -pubin)."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def from_pem(pem: bytes) -> str:
    """The public key of a PEM file, in base64. Raises ValueError when it is none of this kind."""
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it is a key of another kind")
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def short_name(public: str) -> str:
    """Sixteen hex digits by which people compare public keys; "none" for what is no key."""
    try:
        return hashlib.sha256(base64.b64decode(public, validate=True)).hexdigest()[:16]
    except ValueError:
        return "none"
