"""Writes two real wheels of the practice service with zipfile: no build backend, no network, the same bytes each time.

`python -m practice.build FOLDER` writes practice_orders-1.1.0 and practice_orders-1.2.0.
"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BEFORE, AFTER = "1.1.0", "1.2.0"
# A fixed time and no compression: the hash of a wheel says whether its content changed.
STAMP = (2026, 1, 1, 0, 0, 0)
METADATA = """Metadata-Version: 2.1
Name: practice-orders
Version: {version}
Summary: A small GraphQL shop to break and to roll back
License: MIT
Requires-Python: >=3.11
"""
WHEEL = """Wheel-Version: 1.0
Generator: firebreak-practice (1)
Root-Is-Purelib: true
Tag: py3-none-any
"""
ENTRY_POINTS = """[console_scripts]
practice-orders = practice_orders.__main__:main
"""


def build(folder: Path) -> list[Path]:
    """Both wheels in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder, version) for version in (BEFORE, AFTER)]


def sources(version: str) -> dict[str, bytes]:
    """`{name in the package: bytes}` of one version."""
    files = {path.name: path.read_bytes() for path in sorted((HERE / "orders").glob("*.py"))}
    if version == BEFORE:
        del files["pricing.py"]
        files["release.py"] = (HERE / "orders_before" / "release.py").read_bytes()
    return files


def _write(folder: Path, version: str) -> Path:
    info = f"practice_orders-{version}.dist-info"
    files = {f"practice_orders/{name}": data for name, data in sources(version).items()}
    files[f"{info}/METADATA"] = METADATA.format(version=version).encode()
    files[f"{info}/WHEEL"] = WHEEL.encode()
    files[f"{info}/entry_points.txt"] = ENTRY_POINTS.encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    path = folder / f"practice_orders-{version}-py3-none-any.whl"
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, data)
    unfinished.replace(path)
    return path


def _record(files: dict[str, bytes], own_name: str) -> bytes:
    rows = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}")
    return ("\n".join([*rows, f"{own_name},,"]) + "\n").encode()


if __name__ == "__main__":
    for built in build(Path(sys.argv[1] if len(sys.argv) > 1 else "wheelhouse")):
        print(built)  # noqa: T201
