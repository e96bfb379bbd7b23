"""An application of the Unified platform, and a key for it."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APPLICATION = "1e3c5a7b-0000-4000-8000-123456789abc"


def new_key(path: Path) -> str:
    """Writes a private key for the SDK; returns the public one as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    pem, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(pem, kind).decode()
