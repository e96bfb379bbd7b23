"""Who may import whom: the arrows of the architecture, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("archives", "dualarchive")
# Which room may import which, besides what every room may: errors, the clock and the counters.
EVERY_ROOM = ("archives.errors", "archives.clock", "archives.ops.telemetry")
ROOMS = {
    "models": (),
    "timeline": ("models",),
    "platform": (),
    "services": ("models", "timeline", "platform"),
    "reconciler": ("models", "timeline", "platform", "services", "media"),
    "media": ("models", "timeline", "platform", "services"),
    "web": ("models", "timeline", "services", "media"),
    "api": ("models", "timeline", "platform", "services", "media", "web"),
    "console": ("models", "timeline", "services", "media", "web", "outbox"),
    "outbox": ("models", "services"),
    "ops": ("models", "timeline", "platform", "services", "media"),
    "management": (
        "models",
        "timeline",
        "platform",
        "services",
        "media",
        "reconciler",
        "web",
        "ops",
        "outbox",
    ),
    # Old paths of tasks that may still wait in a queue.
    "tasks": ("media",),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if "src" in parts:
        parts = parts[parts.index("src") + 1 :]
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
    assert sources("localtok/src/localtok")
    assert wrong(sources("localtok/src/localtok"), ("django", "rest_framework", *PRODUCT)) == []


def test_the_product_knows_localtok_only_by_its_address() -> None:
    assert wrong(sources(*PRODUCT), ("localtok",)) == []


def test_only_the_gateway_imports_the_sdk() -> None:
    gateway = "archives.platform.gateway"
    others = [path for path in sources(*PRODUCT) if not is_within(module_name(path), gateway)]
    assert wrong(others, ("opentok",)) == []


def test_every_folder_of_the_app_has_its_rules() -> None:
    folders = {path.parent.name for path in (ROOT / "archives").glob("*/__init__.py")}
    assert folders - {"migrations"} == set(ROOMS)


def test_the_root_of_the_app_holds_nothing_else() -> None:
    names = {path.name for path in (ROOT / "archives").glob("*.py")}
    assert names == {"__init__.py", "apps.py", "clock.py", "errors.py", "urls.py"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    may = (*EVERY_ROOM, *(f"archives.{name}" for name in (room, *ROOMS[room])))
    assert foreign(sources(f"archives/{room}"), may) == []


def foreign(paths: list[Path], may: tuple[str, ...]) -> list[str]:
    """What `paths` import of the app besides `may`."""
    return [
        f"{module_name(path)} imports {name}"
        for path in paths
        for name in imports_of(path)
        if is_within(name, "archives") and not any(is_within(name, module) for module in may)
    ]


@pytest.mark.parametrize("room", ["reconciler", "media", "api", "web", "console", "ops"])
def test_services_that_import_upwards_are_found(
    room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    wrong_module = tmp_path / "archives" / "services" / "runs.py"
    wrong_module.parent.mkdir(parents=True)
    wrong_module.write_text(f"from archives.{room} import anything\n")
    may = (*EVERY_ROOM, *(f"archives.{name}" for name in ("services", *ROOMS["services"])))
    assert foreign([wrong_module], may) == [f"archives.services.runs imports archives.{room}.anything"]


@pytest.mark.parametrize("folders", [PRODUCT, ("localtok/src/localtok",)], ids=["product", "localtok"])
def test_no_module_imports_itself_by_way_of_others(folders: tuple[str, ...]) -> None:
    """Imports for types alone (TYPE_CHECKING) count too."""
    assert circles(sources(*folders)) == []


def circles(paths: list[Path]) -> list[list[str]]:
    """Groups of modules of which each imports, over others, itself. Imports inside functions count too."""
    modules = {module_name(path): path for path in paths}
    edges = {
        name: {target for each in imports_of(path) if (target := _module_of(each, modules)) not in ("", name)}
        for name, path in modules.items()
    }
    reached: dict[str, set[str]] = {name: set() for name in modules}
    for name in modules:
        todo = list(edges[name])
        while todo:
            following = todo.pop()
            if following not in reached[name]:
                reached[name].add(following)
                todo.extend(edges[following])
    groups = {tuple(sorted({name} | {o for o in reached[name] if name in reached[o]})) for name in modules}
    return sorted(list(group) for group in groups if len(group) > 1 or group[0] in reached[group[0]])


def _module_of(name: str, modules: dict[str, Path]) -> str:
    """The module that holds `name`; "" where it is none of `modules`."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def test_a_circle_over_three_modules_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "shop").mkdir()
    for name, needs in (("till", "goods"), ("goods", "keys"), ("keys", "till"), ("door", "till")):
        (tmp_path / "shop" / f"{name}.py").write_text(f"from shop import {needs}\n")
    assert circles(sources("shop")) == [["shop.goods", "shop.keys", "shop.till"]]


def test_it_reads_relative_and_plain_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "shop" / "till").mkdir(parents=True)
    source = tmp_path / "shop" / "till" / "drawer.py"
    source.write_text("import os\nfrom . import keys\nfrom ..goods import apples\n")
    assert list(imports_of(source)) == ["os", "shop.till.keys", "shop.goods.apples"]
