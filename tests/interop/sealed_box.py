"""Opens what is sealed to a runner, given its private key: sealed_box.py KEY_FILE < BASE64"""

import base64
import sys
from pathlib import Path

from nacl.public import PrivateKey, SealedBox


def load_key(key_file: Path) -> PrivateKey:
    return PrivateKey(base64.b64decode(key_file.read_text().strip(), validate=True))


def open_sealed(key_file: Path, ciphertext: bytes) -> str:
    return SealedBox(load_key(key_file)).decrypt(ciphertext).decode()


def seal(key_file: Path, plaintext: str) -> bytes:
    return SealedBox(load_key(key_file).public_key).encrypt(plaintext.encode())


if __name__ == "__main__":
    sys.stdout.write(
        open_sealed(Path(sys.argv[1]), base64.b64decode(sys.stdin.read(), validate=True))
    )
