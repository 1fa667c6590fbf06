"""Russian is complete for every text that the catalogue knows."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

CATALOGUE = Path(__file__).parents[2] / "fleet" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
ENTRIES = CATALOGUE.read_text().split("\n\n")[1:]


def test_it_leaves_nothing_untranslated():
    assert [entry for entry in ENTRIES if re.search(r'^msgstr(\[\d\])? ""$', entry, re.M)] == []


def test_it_guesses_nothing():
    assert [entry for entry in ENTRIES if "#, fuzzy" in entry or entry.startswith("#~")] == []


def test_it_is_compiled():
    with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)._catalog
    singulars = {key[0] if isinstance(key, tuple) else key for key in known}

    wanted = {
        "\x04".join(re.findall(r'^msg(?:ctxt|id) "(.*)"$', entry, re.M)).replace('\\"', '"')
        for entry in ENTRIES
    }
    assert wanted - singulars == set()
