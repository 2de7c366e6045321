"""Keys, certificates and tokens of a token server that is not ours.

    signer = Signer()                         # RSA, with a certificate
    token = signer.token("registry.example", name="app", actions=["pull"])
"""

import base64
import datetime
import hashlib
import ipaddress
import json
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (ec, ed25519, padding,
                                                       rsa, utils)

ISSUER = "auth.example.com"

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(),
          "512": hashes.SHA512()}
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(),
          "P-521": ec.SECP521R1()}


def encode(data):
    """base64url without padding, of bytes or of what becomes JSON."""
    if not isinstance(data, bytes):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value, size=None):
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Signer:
    """A private key.  kind: "RSA", the name of a curve, or "Ed25519"."""

    def __init__(self, kind="RSA", bits=2048):
        self.kind = kind
        if kind == "RSA":
            self.key = rsa.generate_private_key(65537, bits)
        elif kind == "Ed25519":
            self.key = ed25519.Ed25519PrivateKey.generate()
        else:
            self.key = ec.generate_private_key(CURVES[kind])
        self.public = self.key.public_key()

    # --- names -------------------------------------------------------------

    def jwk(self, **more):
        """The public key, as a JWKS has it."""
        if self.kind == "RSA":
            numbers = self.public.public_numbers()
            members = {"kty": "RSA", "n": _number(numbers.n),
                       "e": _number(numbers.e)}
        elif self.kind == "Ed25519":
            members = {"kty": "OKP", "crv": "Ed25519",
                       "x": encode(self.public.public_bytes(
                           serialization.Encoding.Raw,
                           serialization.PublicFormat.Raw))}
        else:
            numbers = self.public.public_numbers()
            size = (self.key.key_size + 7) // 8
            members = {"kty": "EC", "crv": self.kind,
                       "x": _number(numbers.x, size),
                       "y": _number(numbers.y, size)}
        return {**members, **more}

    def thumbprint(self):
        text = json.dumps(self.jwk(), sort_keys=True, separators=(",", ":"))
        return encode(hashlib.sha256(text.encode()).digest())

    def libtrust_id(self):
        der = self.public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
        text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
        return ":".join(text[i:i + 4] for i in range(0, len(text), 4))

    # --- certificates ------------------------------------------------------

    def pem(self):
        """The private key, as a file has it."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())

    def certificate(self, subject="token", issuer=None, is_ca=False,
                    starts=-3600, ends=3600, addresses=()):
        """Of this key, by itself or by the (Signer, certificate) of issuer;
        times are seconds from now, addresses are those of a server."""
        now = datetime.datetime.now(datetime.timezone.utc)
        name = x509.Name([x509.NameAttribute(
            x509.NameOID.COMMON_NAME, subject)])
        by, its = issuer or (self, None)
        built = (x509.CertificateBuilder().subject_name(name)
                 .issuer_name(its.subject if its else name)
                 .public_key(self.public)
                 .serial_number(x509.random_serial_number())
                 .not_valid_before(now + datetime.timedelta(seconds=starts))
                 .not_valid_after(now + datetime.timedelta(seconds=ends))
                 .add_extension(x509.BasicConstraints(is_ca, None), True))
        if addresses:
            built = built.add_extension(x509.SubjectAlternativeName([
                x509.IPAddress(ipaddress.ip_address(each))
                for each in addresses]), False)
        return built.sign(by.key, hashes.SHA256())

    # --- tokens ------------------------------------------------------------

    def sign(self, algorithm, text):
        if algorithm == "EdDSA":
            return self.key.sign(text)
        digest = HASHES[algorithm[2:]]
        if algorithm.startswith("RS"):
            return self.key.sign(text, padding.PKCS1v15(), digest)
        if algorithm.startswith("PS"):
            return self.key.sign(text, padding.PSS(
                padding.MGF1(digest), digest.digest_size), digest)
        r, s = utils.decode_dss_signature(
            self.key.sign(text, ec.ECDSA(digest)))
        size = (self.key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def token(self, service, access=None, algorithm=None, header=None,
              **claims):
        """claims: change those of a good token; None takes one away.  header
        comes in place of the key's libtrust id."""
        now = int(time.time())
        algorithm = algorithm or {
            "RSA": "RS256", "Ed25519": "EdDSA", "P-256": "ES256",
            "P-384": "ES384", "P-521": "ES512"}[self.kind]
        head = {"typ": "JWT", "alg": algorithm,
                **({"kid": self.libtrust_id()} if header is None else header)}
        body = {"iss": ISSUER, "sub": "alice", "aud": service,
                "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "x",
                "access": access, **claims}
        text = encode(head) + "." + encode(
            {key: value for key, value in body.items()
             if value is not None or key == "access"})
        return text + "." + encode(self.sign(algorithm, text.encode()))


def access(name="app", *actions, kind="repository", **more):
    return {"type": kind, "name": name,
            "actions": list(actions or ("pull", "push")), **more}


def pem(*certificates):
    return b"".join(each.public_bytes(serialization.Encoding.PEM)
                    for each in certificates)


def x5c(*certificates):
    """The header of a token that brings certificates along."""
    return {"x5c": [base64.b64encode(each.public_bytes(
        serialization.Encoding.DER)).decode() for each in certificates]}
