"""The process that sets one document: JSON on standard input, the PDF on standard output, a sentence and exit 1 when it cannot.

It is started alone (`python -I child.py`), knows nothing of the installation, and may neither write a file nor run long.
"""

import json
import resource
import sys
import tempfile
from pathlib import Path

SECONDS = 20  # of one processor
MEMORY = 2 * 1024**3  # bytes of address space


def main() -> int:
    asked = json.load(sys.stdin)
    import typst

    template = (Path(__file__).parent / "template.typ").read_bytes()
    with tempfile.TemporaryDirectory() as empty:
        _hold()
        try:
            compiler = typst.Compiler(
                template,
                root=empty,
                package_path=empty,
                package_cache_path=empty,
                sys_inputs={"document": json.dumps(asked["document"], ensure_ascii=False)},
            )
            made = compiler.compile(format="pdf", timestamp=int(asked["timestamp"]))
        except typst.TypstError as wrong:
            sys.stderr.write(str(wrong))
            return 1
    if not isinstance(made, bytes):
        sys.stderr.write("no single file was made")
        return 1
    sys.stdout.buffer.write(made)
    return 0


def _hold() -> None:
    """Limits of this process; a system without one of them goes without it."""
    for limit, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0)):
        try:
            resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))
        except (ValueError, OSError):
            continue


if __name__ == "__main__":
    sys.exit(main())
