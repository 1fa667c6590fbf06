"""Russian is complete: for every text of the source, and for every text of the catalogue."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "fleet" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
# What the tool leaves of a text that nobody translated, or guesses.
NOT_TRANSLATED = re.compile(r'^#, fuzzy|^msgstr(\[\d\])? ""$', re.M)
ENTRIES = CATALOGUE.read_text().split("\n\n")[1:]


def test_it_leaves_nothing_untranslated():
    assert [entry for entry in ENTRIES if re.search(r'^msgstr(\[\d\])? ""$', entry, re.M)] == []


def test_it_guesses_nothing():
    assert [entry for entry in ENTRIES if "#, fuzzy" in entry or entry.startswith("#~")] == []


def test_it_is_compiled():
    with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)._catalog
    singulars = {key[0] if isinstance(key, tuple) else key for key in known}

    wanted = {"\x04".join(re.findall(r'^msg(?:ctxt|id) "(.*)"$', entry, re.M)) for entry in ENTRIES}
    written = {text.replace('\\"', '"').replace(r"\\", "\\") for text in wanted}
    assert written - singulars == set()


def test_it_knows_every_text_of_the_source(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("NOT TESTED: install gettext to look for texts without a translation.")
    for folder in ("fleet", "regions", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.move(tmp_path / "fleet" / "locale", tmp_path / "locale")
    command = [sys.executable, "-m", "django", "makemessages", "--locale=ru", "--no-wrap"]
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120)

    found = (tmp_path / "locale" / "ru" / "LC_MESSAGES" / "django.po").read_text()
    assert [one for one in found.split("\n\n")[1:] if NOT_TRANSLATED.search(one)] == []
