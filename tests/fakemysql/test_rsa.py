"""The RSA of the sha2 logins, judged by `cryptography` and by PyMySQL's own client side."""

from __future__ import annotations

import base64
import subprocess
import sys

import pymysql._auth
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql.rsa import DecryptionFailed, InvalidKey, PrivateKey, default_key, xor_nonce

NONCE = bytes(range(1, 21))


def encrypted(text: bytes, *, key: PrivateKey | None = None, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    """RSA-OAEP by another hand than ours."""
    chosen = algorithm or hashes.SHA1()
    public = serialization.load_pem_public_key((key or default_key()).public_pem)
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(text, padding.OAEP(mgf=padding.MGF1(chosen), algorithm=chosen, label=None))


def other_key(
    encoding: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    key = rsa.generate_private_key(65537, 1024)
    return key.private_bytes(serialization.Encoding.PEM, encoding, encryption or serialization.NoEncryption())


def test_the_default_key_has_2048_bits_and_a_public_half_that_others_read() -> None:
    key = default_key()
    public = serialization.load_pem_public_key(key.public_pem)
    assert isinstance(public, rsa.RSAPublicKey)
    assert (public.key_size, public.public_numbers().n, public.public_numbers().e) == (2048, key.modulus, 65537)


def test_the_public_half_is_written_as_servers_write_it() -> None:
    """Lines of 64, unix line ends, and a final newline: byte for byte what `cryptography` writes."""
    public = serialization.load_pem_public_key(default_key().public_pem)
    assert default_key().public_pem == public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=214))
def test_whatever_others_encrypt_is_read(text: bytes) -> None:
    assert default_key().decrypt(encrypted(text)) == text


@pytest.mark.parametrize("password", [b"s3cret", "pässwörd \N{SNOWMAN}".encode(), b"x" * 213, b"\x01\x01"])
def test_a_password_as_pymysql_sends_it_is_read(password: bytes) -> None:
    ciphertext = pymysql._auth.sha2_rsa_encrypt(password, NONCE, default_key().public_pem)
    assert default_key().recover_password(ciphertext, NONCE) == password


def test_a_password_for_another_nonce_is_not_read() -> None:
    ciphertext = pymysql._auth.sha2_rsa_encrypt(b"s3cret", NONCE, default_key().public_pem)
    with pytest.raises(DecryptionFailed, match="nonce"):
        default_key().recover_password(ciphertext, NONCE[::-1])


def test_laying_the_nonce_over_a_text_twice_gives_it_back() -> None:
    text = b"a text that is longer than the nonce is"
    assert xor_nonce(text, NONCE) != text
    assert xor_nonce(xor_nonce(text, NONCE), NONCE) == text


@pytest.mark.parametrize(
    "ciphertext",
    [b"", b"s3cret\x00", bytes(256), b"\xff" * 256, b"\x01" * 256, b"\x01" * 255, b"\x01" * 257],
    ids=["nothing", "in clear", "zero", "above the modulus", "noise", "a byte short", "a byte long"],
)
def test_what_was_not_encrypted_for_this_key_is_refused(ciphertext: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        default_key().decrypt(ciphertext)


def test_a_text_encrypted_for_another_hash_is_refused() -> None:
    with pytest.raises(DecryptionFailed, match="SHA-1"):
        default_key().decrypt(encrypted(b"s3cret", algorithm=hashes.SHA256()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 255), st.integers(1, 255))
def test_a_ciphertext_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    changed = bytearray(encrypted(b"s3cret"))
    changed[place] ^= change
    with pytest.raises(DecryptionFailed):
        default_key().decrypt(bytes(changed))


@pytest.mark.parametrize(
    "encoding", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL], ids=["8", "1"]
)
def test_a_key_of_ones_own_is_read_in_both_forms(encoding: serialization.PrivateFormat) -> None:
    key = PrivateKey.from_pem(other_key(encoding))
    assert key.size == 128
    assert key.decrypt(encrypted(b"s3cret", key=key)) == b"s3cret"


def test_text_around_a_key_does_not_matter() -> None:
    assert PrivateKey.from_pem(b"a comment\r\n" + other_key().replace(b"\n", b"\r\n") + b"more").size == 128


ELLIPTIC = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (b"", "no PEM block"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no PEM block"),
        (b"-----BEGIN RSA PRIVATE KEY-----\n!!!!\n-----END RSA PRIVATE KEY-----", "damaged or encrypted"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----", "nine numbers"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMAMEAQA=\n-----END RSA PRIVATE KEY-----", "an integer was due"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAgEA\n-----END RSA PRIVATE KEY-----", "0x30 was due"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "cut off"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMA==\n-----END RSA PRIVATE KEY-----", "damaged"),
        (ELLIPTIC, "not an RSA key"),
        (
            other_key(serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"p")),
            "encrypted",
        ),
    ],
)
def test_what_is_no_key_is_refused_in_words(pem: bytes, said: str) -> None:
    with pytest.raises(InvalidKey, match=said):
        PrivateKey.from_pem(pem)


def test_a_key_whose_primes_do_not_fit_is_refused() -> None:
    # RSAPrivateKey of nine one-byte integers: 3 times 3 is not 7.
    numbers = b"\x30\x1b" + b"\x02\x01\x00" + b"\x02\x01\x07" + b"\x02\x01\x03" * 7
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(numbers) + b"\n-----END RSA PRIVATE KEY-----"
    with pytest.raises(InvalidKey, match="do not multiply"):
        PrivateKey.from_pem(pem)


def test_nothing_but_the_standard_library_is_needed() -> None:
    """Decryption in a process where `cryptography` cannot be imported."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from fakemysql.rsa import default_key\n"
        f"print(default_key().recover_password(bytes.fromhex(sys.argv[1]), bytes.fromhex('{NONCE.hex()}')).decode())"
    )
    ciphertext = encrypted(xor_nonce(b"s3cret\x00", NONCE))
    run = subprocess.run([sys.executable, "-c", code, ciphertext.hex()], capture_output=True, text=True, check=True)
    assert run.stdout == "s3cret\n"
