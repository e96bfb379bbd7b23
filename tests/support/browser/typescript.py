"""Runs the TypeScript compiler over JavaScript, with the vendor's published types for `OT`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.npm import package_file, require_node

TYPES = Path(__file__).parents[2] / "js" / "types"
TIMEOUT_SECONDS = 120


def compiler() -> Path:
    """The compiler's module, for scripts that use its programming interface. Skips the test without it."""
    require_node()
    return package_file("typescript/lib/typescript.js").resolve()


def vendor_types() -> Path:
    """opentok.d.ts as the vendor publishes it. Skips the test without it."""
    return package_file("@opentok/client/dist/js/opentok.d.ts").resolve()


def complaints(folder: Path, modules: str, declarations: tuple[Path, ...] = (), **options: Any) -> list[str]:
    """What the compiler says of the modules that match in this folder; empty if their types hold.

    `options` go over those of tests/js/types/tsconfig.json.
    """
    program = compiler().with_name("tsc.js")
    settings = {
        "extends": str(TYPES / "tsconfig.json"),
        "compilerOptions": options,
        "files": [str(vendor_types()), *map(str, declarations)],
        "include": [f"{folder}/{modules}"],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    command = ["node", str(program), "--project", str(folder), "--pretty", "false"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=folder)
    return done.stdout.splitlines() if done.returncode else []
