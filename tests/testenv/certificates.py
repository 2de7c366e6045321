"""Certificates for tests: a CA of their own, and what it signs.

    ca = Authority(directory)
    ca.file                               # for programs that verify
    ca.issue("a")                         # (certificate, key) for 127.0.0.1
    ca.issue("b", days=-1)                # has expired
    ca.issue("c", names=["x.example"])    # of another host"""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    """A CA that lives as long as the test."""

    def __init__(self, directory, name="Slipway Test CA"):
        self.directory = Path(directory)
        self._subject = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.directory / (name.replace(" ", "-") + ".pem")
        self._write(self.file, self._sign(self._subject, self._key.public_key(),
                                          2, [], is_ca=True))

    def _sign(self, subject, key, days, names, is_ca=False):
        now = datetime.datetime.utcnow()
        end = now + datetime.timedelta(days=days)
        builder = (x509.CertificateBuilder()
                   .subject_name(subject).issuer_name(self._subject)
                   .public_key(key)
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(min(now, end) - datetime.timedelta(days=1))
                   .not_valid_after(end)
                   .add_extension(x509.BasicConstraints(is_ca, None), True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [_general(name) for name in names]), False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, path, certificate):
        path.write_bytes(certificate.public_bytes(
            serialization.Encoding.PEM))

    def issue(self, name, days=1, names=("127.0.0.1",)):
        """Files with a new certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem, key_file = (self.directory / (name + end)
                         for end in (".pem", ".key"))
        self._write(pem, self._sign(_name(name), key.public_key(), days, names))
        key_file.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        return str(pem), str(key_file)
