"""Tells the browser of all modules that a page needs, so that it need not find one after the other."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
# At the beginning of a line: the same words in a comment are about types.
IMPORT = re.compile(r"""^(?:import|export)\s[^"';]*?["'](\.{1,2}/[\w./-]+)["']""", re.MULTILINE)


@register.simple_tag
def modulepreload(*names: str) -> SafeString:
    """For the head: `{% modulepreload "js/host/host.js" %}`."""
    found = dict.fromkeys(module for name in names for module in modules_of(name))
    return format_html_join("", '<link rel="modulepreload" href="{}">', ((static(each),) for each in found))


@lru_cache
def modules_of(name: str) -> tuple[str, ...]:
    """The module itself, and all that it imports, nearest first."""
    found = [name]
    for module in found:
        found += [each for each in _imports(module) if each not in found]
    return tuple(found)


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    if not path:
        raise ValueError(f"there is no static file {name}")
    folder = posixpath.dirname(name)
    return [
        posixpath.normpath(posixpath.join(folder, each))
        for each in dict.fromkeys(IMPORT.findall(Path(path).read_text()))
    ]
