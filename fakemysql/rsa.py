"""RSA as the sha2 logins use it: a public key to hand out, a password to decrypt. On the standard library alone.

A client without TLS may not send its password in clear. It asks for the server's public key, lays the nonce of the
greeting over the password (XOR), encrypts that with RSA-OAEP over SHA-1, and the server must read it back. This module
knows keys in PEM, OAEP (RFC 8017, 7.1) and that one XOR; it is kept from knowing packets and users. It imports nothing
that is not needed to log somebody in, and is itself imported only when a client asks for the key.

The key that comes with the package is published with it, and arithmetic on Python integers takes time that depends on
the key: both are fine for a server that holds test data, and for nothing else.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_KEY_PATH: Final = Path(__file__).parent / "certificates" / "server.key"

_HASH_SIZE: Final = 20  # SHA-1
_EMPTY_LABEL: Final = hashlib.sha1(b"", usedforsecurity=False).digest()
# AlgorithmIdentifier { rsaEncryption, NULL }, whole.
_RSA_ENCRYPTION: Final = bytes.fromhex("300d06092a864886f70d0101010500")
_INTEGER: Final = 0x02
_BIT_STRING: Final = 0x03
_OCTET_STRING: Final = 0x04
_SEQUENCE: Final = 0x30


class DecryptionFailed(ValueError):
    """The bytes were not encrypted for this key, or not with RSA-OAEP over SHA-1. Whose fault it was is not said."""


class InvalidKey(ValueError):
    """The text holds no RSA private key that this module can read; the message says what it expected."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An RSA private key, with the parts that make decryption four times as fast (RFC 8017, 3.2, second form)."""

    modulus: int
    public_exponent: int
    prime1: int
    prime2: int
    exponent1: int
    exponent2: int
    coefficient: int

    @classmethod
    def from_pem(cls, pem: bytes) -> PrivateKey:
        """Read a key from ``BEGIN RSA PRIVATE KEY`` (PKCS #1) or ``BEGIN PRIVATE KEY`` (PKCS #8), without a passphrase.

        Raises:
            InvalidKey: the text is not of either form, is encrypted, or holds a key that is not RSA's.
        """
        label, der = _unwrap_pem(pem)
        try:
            if label == b"PRIVATE KEY":
                version, algorithm, wrapped, *_ = _elements(_only(der, _SEQUENCE))
                if _tlv(*algorithm) != _RSA_ENCRYPTION or version[0] != _INTEGER or wrapped[0] != _OCTET_STRING:
                    raise InvalidKey("the PEM text holds a private key that is not an RSA key")
                der = wrapped[1]
            numbers = [_integer(*element) for element in _elements(_only(der, _SEQUENCE))]
            _version, modulus, public, _private, prime1, prime2, exponent1, exponent2, coefficient = numbers
        except InvalidKey:
            raise
        except (ValueError, IndexError) as error:
            raise InvalidKey(
                f"the PEM text is damaged: it does not hold the nine numbers of an RSA key ({error})"
            ) from error
        if prime1 * prime2 != modulus:
            raise InvalidKey("the PEM text is damaged: the primes do not multiply to the modulus")
        return cls(modulus, public, prime1, prime2, exponent1, exponent2, coefficient)

    @property
    def size(self) -> int:
        """Bytes of the modulus, and of every ciphertext."""
        return (self.modulus.bit_length() + 7) // 8

    @property
    def public_pem(self) -> bytes:
        """The public half as servers send it: ``BEGIN PUBLIC KEY`` (SubjectPublicKeyInfo), in lines of 64."""
        numbers = b"".join(_tlv(_INTEGER, _unsigned(number)) for number in (self.modulus, self.public_exponent))
        der = _tlv(_SEQUENCE, _RSA_ENCRYPTION + _tlv(_BIT_STRING, b"\x00" + _tlv(_SEQUENCE, numbers)))
        text = base64.b64encode(der)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""])

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Undo RSA-OAEP with SHA-1, MGF1 with SHA-1 and an empty label (RFC 8017, 7.1.2).

        Args:
            ciphertext: exactly :attr:`size` bytes.

        Raises:
            DecryptionFailed: wrong size, wrong key or wrong padding.
        """
        number = int.from_bytes(ciphertext, "big")
        if len(ciphertext) != self.size or number >= self.modulus:
            raise DecryptionFailed(f"a ciphertext of this key has {self.size} bytes; {len(ciphertext)} came")
        message1 = pow(number, self.exponent1, self.prime1)
        message2 = pow(number, self.exponent2, self.prime2)
        message = message2 + (message1 - message2) * self.coefficient % self.prime1 * self.prime2
        encoded = message.to_bytes(self.size, "big")
        masked_seed, masked_block = encoded[1 : 1 + _HASH_SIZE], encoded[1 + _HASH_SIZE :]
        seed = _xor(masked_seed, _mask(masked_block, _HASH_SIZE))
        block = _xor(masked_block, _mask(seed, len(masked_block)))
        padding, one, plaintext = block[_HASH_SIZE:].partition(b"\x01")
        if encoded[0] or block[:_HASH_SIZE] != _EMPTY_LABEL or not one or padding.strip(b"\x00"):
            raise DecryptionFailed("the padding is not that of RSA-OAEP with SHA-1 for this key")
        return plaintext

    def recover_password(self, ciphertext: bytes, nonce: bytes) -> bytes:
        """Read the password that a client of caching_sha2_password or sha256_password encrypted.

        Args:
            ciphertext: the client's packet, whole.
            nonce: the 20 bytes of the greeting or of the auth switch, without their terminating zero.

        Returns:
            The password without its terminating zero.

        Raises:
            DecryptionFailed: the packet was made for another key or another nonce.
        """
        password = xor_nonce(self.decrypt(ciphertext), nonce)
        if not password.endswith(b"\x00"):
            raise DecryptionFailed("the decrypted password does not end in a zero byte: another nonce was laid over it")
        return password[:-1]


@functools.cache
def default_key() -> PrivateKey:
    """The test key that comes with the package; 2048 bits."""
    return PrivateKey.from_pem(DEFAULT_KEY_PATH.read_bytes())


def xor_nonce(text: bytes, nonce: bytes) -> bytes:
    """Lay the nonce over the text, again and again; doing it twice gives the text back."""
    return bytes(left ^ right for left, right in zip(text, itertools.cycle(nonce), strict=False))


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _mask(seed: bytes, size: int) -> bytes:
    """MGF1 with SHA-1 (RFC 8017, B.2.1)."""
    count = -(-size // _HASH_SIZE)
    digests = (hashlib.sha1(seed + index.to_bytes(4, "big"), usedforsecurity=False).digest() for index in range(count))
    return b"".join(digests)[:size]


def _unwrap_pem(pem: bytes) -> tuple[bytes, bytes]:
    for label in (b"RSA PRIVATE KEY", b"PRIVATE KEY"):
        _, begin, rest = pem.partition(b"-----BEGIN " + label + b"-----")
        body, end, _ = rest.partition(b"-----END " + label + b"-----")
        if begin and end:
            try:
                return label, base64.b64decode(b"".join(body.split()), validate=True)
            except binascii.Error as error:
                raise InvalidKey(
                    f"the PEM text is damaged or encrypted: its body is not base64 alone ({error})"
                ) from error
    raise InvalidKey("no PEM block BEGIN RSA PRIVATE KEY or BEGIN PRIVATE KEY: give an RSA key without a passphrase")


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the contents of each DER element in a row."""
    while der:
        size, start = der[1], 2
        if size & 0x80:
            start = 2 + (size & 0x7F)
            size = int.from_bytes(der[2:start], "big")
        if start + size > len(der):
            raise ValueError(f"an element of {size} bytes is cut off")
        yield der[0], der[start : start + size]
        der = der[start + size :]


def _only(der: bytes, tag: int) -> bytes:
    (element,) = _elements(der)
    if element[0] != tag:
        raise ValueError(f"element {element[0]:#04x} where {tag:#04x} was due")
    return element[1]


def _integer(tag: int, contents: bytes) -> int:
    if tag != _INTEGER:
        raise ValueError(f"element {tag:#04x} where an integer was due")
    return int.from_bytes(contents, "big", signed=True)


def _tlv(tag: int, contents: bytes) -> bytes:
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + contents


def _unsigned(number: int) -> bytes:
    """A positive integer, with the leading zero that keeps DER from reading it as a negative one."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
