"""The private keys of DKIM, read from their files; needs the extra ``dkim``."""

from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from digest.errors import ConfigurationError
from digest.mail.dkim import DkimSettings, Key, Signer
from digest.mail.headers import ascii_domain

_LEAST_BITS = 1024  # below, verifiers may ignore a signature (RFC 8301 3.2)


def load_signer(settings: DkimSettings, *, domain: str) -> Signer:
    """Read the keys; ``domain`` is where the mail comes from, as A-label.

    Raises `ConfigurationError` for a key that cannot be read, and for a signing domain that
    receivers would not take for the sender's (DMARC's alignment, RFC 7489 3.1).
    """
    signing = ascii_domain(settings.domain or domain).lower()
    if not _is_aligned(signing, domain.lower()):
        raise ConfigurationError(
            f"[dkim] domain = {signing!r} has nothing to do with {domain!r}, where the mail comes"
            " from: no receiver would count the signature"
        )
    keys = []
    if path := settings.key_file:
        keys.append(_rsa(path, domain=signing, selector=settings.selector))
    if path := settings.ed25519_key_file:
        keys.append(_ed25519(path, domain=signing, selector=settings.ed25519_selector))
    return Signer(keys)


def _is_aligned(signing: str, domain: str) -> bool:
    return f".{domain}".endswith(f".{signing}") or f".{signing}".endswith(f".{domain}")


def _rsa(path: Path, *, domain: str, selector: str) -> Key:
    key = _read(path)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ConfigurationError(
            f"[dkim] key_file: {path} holds no RSA key of {_LEAST_BITS} bits or more; make one"
            " with: openssl genrsa -out dkim.pem 2048"
        )
    frame, kind = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(
        domain=domain,
        selector=selector,
        algorithm="rsa-sha256",
        published=b64encode(public).decode("ascii"),
        sign=lambda digest: key.sign(digest, frame, kind),
    )


def _ed25519(path: Path, *, domain: str, selector: str) -> Key:
    key = _read(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            f"[dkim] ed25519_key_file: {path} holds no Ed25519 key; make one with: openssl"
            " genpkey -algorithm ed25519 -out dkim-ed25519.pem"
        )
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Key(
        domain=domain,
        selector=selector,
        algorithm="ed25519-sha256",
        published=b64encode(public).decode("ascii"),
        sign=key.sign,
    )


def _read(path: Path) -> object:
    """Read a private key; no error repeats what is in the file."""
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(
            f"[dkim] the key file {path} cannot be read ({error.strerror})"
        ) from error
    except (ValueError, TypeError):
        raise ConfigurationError(
            f"[dkim] {path} holds no private key in PEM without a password"
        ) from None
