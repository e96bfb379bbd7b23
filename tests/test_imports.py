"""Who may import whom: the arrows of the architecture, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("archives", "dualarchive")
# What is only ever at the end of an arrow's tail: nothing imports it.
DOORS = ("archives.api", "archives.console.admin", "archives.web.pages")
# What they may import of each other, besides errors, clock and Django's own: the rows know nobody.
FORBIDDEN = {
    "archives.models": (
        "archives.services",
        "archives.platform.gateway",
        "archives.reconciler.worker",
        "archives.reconciler.run",
        "archives.reconciler.bulk",
        "archives.timeline",
    ),
    "archives.services.restart_table": (
        "archives.services",
        "archives.platform.gateway",
        "archives.reconciler.worker",
        "archives.reconciler.run",
        "archives.reconciler.bulk",
    ),
    "archives.timeline": (
        "archives.services",
        "archives.platform.gateway",
        "archives.reconciler.worker",
        "archives.reconciler.run",
        "archives.reconciler.bulk",
    ),
    "archives.services": (
        "archives.reconciler.worker",
        "archives.reconciler.run",
        "archives.reconciler.bulk",
        "archives.media.tasks",
    ),
    "archives.platform.gateway": (
        "archives.models",
        "archives.services",
        "archives.reconciler.worker",
        "archives.reconciler.run",
        "archives.reconciler.bulk",
    ),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of everything a file imports, as deep as the statement says."""
    package = module_name(path).split(".")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, package if path.stem == "__init__" else package[:-1])


def _imported_from(node: ast.ImportFrom, package: list[str]) -> Iterator[str]:
    base = package[: len(package) - node.level + 1] if node.level else []
    origin = ".".join([*base, *([node.module] if node.module else [])])
    yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def wrong(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{module_name(path)} imports {name}"
        for path in paths
        for name in imports_of(path)
        if any(is_within(name, module) for module in forbidden)
    ]


def test_localtok_knows_neither_django_nor_the_product() -> None:
    assert sources("localtok")
    assert wrong(sources("localtok"), ("django", "rest_framework", *PRODUCT)) == []


def test_the_product_knows_localtok_only_by_its_address() -> None:
    assert wrong(sources(*PRODUCT), ("localtok",)) == []


def test_only_the_gateway_imports_the_sdk() -> None:
    others = [
        path for path in sources(*PRODUCT) if not is_within(module_name(path), "archives.platform.gateway")
    ]
    assert wrong(others, ("opentok",)) == []


@pytest.mark.parametrize("door", DOORS)
def test_nothing_imports_what_faces_the_user(door: str) -> None:
    allowed = (door, "archives.urls", "dualarchive.urls")
    others = [p for p in sources(*PRODUCT) if not any(is_within(module_name(p), name) for name in allowed)]
    assert wrong(others, (door,)) == []


@pytest.mark.parametrize(("module", "forbidden"), FORBIDDEN.items())
def test_the_arrows_point_one_way(module: str, forbidden: tuple[str, ...]) -> None:
    own = [path for path in sources("archives") if is_within(module_name(path), module)]
    assert wrong(own, forbidden) == []


def test_it_reads_relative_and_plain_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "shop" / "till").mkdir(parents=True)
    source = tmp_path / "shop" / "till" / "drawer.py"
    source.write_text("import os\nfrom . import keys\nfrom ..goods import apples\n")
    assert list(imports_of(source)) == ["os", "shop.till.keys", "shop.goods.apples"]
