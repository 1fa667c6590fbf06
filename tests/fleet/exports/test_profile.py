from __future__ import annotations

from collections import Counter

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag

from fleet.exports.profile import EDITION, TABLE, rules, rules_by_tag


def test_it_holds_the_whole_table() -> None:
    assert len(rules()) == 656
    assert EDITION in TABLE.read_text().splitlines()[0]


def test_it_knows_every_action_of_the_basic_profile() -> None:
    counted = Counter(rule.basic for rule in rules())

    assert counted == {
        "X": 416,
        "D": 93,
        "U": 55,
        "Z": 42,
        "X/D": 23,
        "X/Z": 11,
        "X/Z/D": 8,
        "Z/D": 6,
        "X/Z/U*": 2,
    }


def test_it_has_the_repeating_groups_and_the_private_ones() -> None:
    families = {rule.tag: rule.basic for rule in rules() if set(rule.tag) & set("gx")}

    assert families == dict.fromkeys(["50xx,xxxx", "60xx,3000", "60xx,4000", "gggg,xxxx"], "X")


def test_it_agrees_with_the_dictionary() -> None:
    wrong = [
        rule.tag
        for tag, rule in rules_by_tag().items()
        if dictionary_has_tag(tag)
        if (rule.keyword, rule.vr) != (keyword_for_tag(tag), dictionary_VR(tag))
    ]

    assert wrong == []


def test_it_names_what_the_dictionary_does_not_know_yet() -> None:
    new = [rule for tag, rule in rules_by_tag().items() if not dictionary_has_tag(tag)]

    assert len(new) <= 25
    assert all(rule.basic == "X" and rule.name for rule in new)


def test_it_lets_options_speak_of_dates_only_where_there_are_dates() -> None:
    with_dates = {rule.vr for rule in rules() if rule.modified_dates}

    assert with_dates == {"DA", "TM", "DT"}
    assert not rules_by_tag()[0x00100030].modified_dates
