"""Certificates made for a test: self-made ones, and ones of a made-up authority. They are worth nothing."""

import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

SECRET = "mật khẩu thử 2026"
DAY = datetime.datetime(2026, 11, 22, 9, 0, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))


LOCK = BestAvailableEncryption(SECRET.encode())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@lru_cache
def pkcs12_file(
    name: str = "Trần Văn Dũng",
    *,
    first: datetime.datetime = DAY - datetime.timedelta(days=30),
    last: datetime.datetime = DAY + datetime.timedelta(days=30),
    issuer: str = "",
) -> bytes:
    """A key with its certificate, self-signed unless ``issuer`` names an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True
        )
        .sign(ec.generate_private_key(ec.SECP256R1()) if issuer else key, hashes.SHA256())
    )  # fmt: skip
    return pkcs12.serialize_key_and_certificates(
        b"thu", key, certificate, None, BestAvailableEncryption(SECRET.encode())
    )


def without_key(name: str = "Không khóa") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(name)).public_key(key.public_key())
        .serial_number(1).not_valid_before(DAY).not_valid_after(DAY).sign(key, hashes.SHA256())
    )  # fmt: skip
    return pkcs12.serialize_key_and_certificates(
        b"thu", None, certificate, None, BestAvailableEncryption(SECRET.encode())
    )
