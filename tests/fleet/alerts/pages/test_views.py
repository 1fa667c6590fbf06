"""The pages of alerts through their addresses: what is shown, what buttons do, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.kinds import KINDS
from fleet.alerts.lifecycle import acknowledge, resolve
from fleet.alerts.models import Alert, Maintenance, Silence
from fleet.alerts.pages.runbooks import markdown_html
from fleet.clock import now
from fleet.people.models import Role
from tests.builders import make_alert, make_maintenance, make_person, make_region, make_silence
from tests.builders_exports import make_export

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def oncall(client):
    user = make_person()
    client.force_login(user)
    return user


def shown(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def post(client, address, **data):
    return client.post(address, data, follow=True).content.decode()


def test_it_names_what_was_asked_for_because_of_it(client, oncall):
    tver, omsk = make_region("tver"), make_region("omsk")
    alert = make_alert(tver, at=now() - HOUR)
    export = make_export(tver, oncall, alert_number=alert.pk, reason="Compare vendors")
    make_export(omsk, oncall, alert_number=None)

    page = shown(client, f"/alerts/{alert.pk}/")
    assert f'href="/exports/{export.pk}/"' in page
    assert "Compare vendors" in page
    assert page.count("/exports/") == 2  # The other is the way to all of them.


def test_it_says_over_how_many_days_it_was_measured(client, oncall):
    tver = make_region("tver")
    alert = make_alert(tver, at=now() - HOUR, span=timedelta(days=3))

    page = shown(client, f"/alerts/{alert.pk}/").replace("\u00a0", " ")
    assert "Measured over 3 days, up to" in page
    assert "3 days to" in page


def test_it_says_what_a_score_is(client, oncall):
    alert = make_alert(make_region("tver"), "input_drift", now() - HOUR, score=19.9, limit=8.3)

    assert "The score is the difference as a multiple of" in shown(client, f"/alerts/{alert.pk}/")


def test_it_tells_the_whole_story_of_an_alert(client, oncall):
    tver = make_region(name="Тверь")
    alert = make_alert(tver, at=now() - HOUR, service="mammo", attribute="manufacturer")
    acknowledge(alert.pk, oncall, now())

    page = shown(client, f"/alerts/{alert.pk}/")

    for text in (
        "Тверь",
        "mammo",
        "31\u00a0% of the studies fail, limit 20\u00a0%. Usual: 3\u00a0%–8\u00a0%.",
        "manufacturer",
        "Opened.",
    ):
        assert text in page
    assert "oncall took it." in page
    day = (now() - HOUR).astimezone(tver.zone).date()
    for target in (f"/regions/tver/{day}/", f"/regions/tver/{day}/studies/", f"/day/{day}/#tver"):
        assert f'href="{target}"' in page
    assert 'href="/runbooks/errors_up/"' in page


def test_it_names_alerts_like_it(client, oncall):
    tver = make_region()
    before = make_alert(tver, at=now() - 72 * HOUR)
    resolve(before.pk, oncall, "a full disk", now() - 48 * HOUR)
    alert = make_alert(tver, at=now())

    page = shown(client, f"/alerts/{alert.pk}/")

    assert f'href="/alerts/{before.pk}/"' in page
    assert "a full disk" in page


def test_it_names_the_seen_regions_under_an_alert_of_the_fleet(client):
    regions = [make_region(code) for code in ("tver", "omsk", "perm", "kursk")]
    for region in regions:
        make_alert(region, at=now())
    above = Alert.objects.get(region=None)
    client.force_login(make_person(regions=regions[:1]))

    page = shown(client, f"/alerts/{above.pk}/")

    assert "Tver" in page
    assert "Omsk" not in page
    assert "only who sees all regions" in page


def test_it_shows_a_regions_words_as_text(client, oncall):
    tver = make_region(name=HOSTILE)
    alert = make_alert(tver, service=HOSTILE, attribute=HOSTILE, detail=HOSTILE)

    for address in ("/alerts/", f"/alerts/{alert.pk}/", "/alerts/silences/"):
        page = shown(client, address)
        assert "<script>alert" not in page
        # The option of a filter holds what an administrator wrote as the name.
        assert "\u202e" not in page.split("</form>")[-1]


def test_it_takes_and_gives_back(client, oncall):
    alert = make_alert(make_region(), at=now())

    assert "1 alert is yours." in post(client, "/alerts/act/take/", alert=alert.pk)
    assert Alert.objects.get().acknowledged_by == oncall
    assert "1 alert is given back." in post(client, "/alerts/act/give-back/", alert=alert.pk)
    assert "Nobody has taken this alert" in post(client, "/alerts/act/give-back/", alert=alert.pk)


def test_it_silences_many_at_once(client, oncall):
    alerts = [make_alert(make_region(code), at=now()) for code in ("tver", "omsk")]

    said = post(
        client,
        "/alerts/act/silence/",
        alert=[alert.pk for alert in alerts],
        reason="new GPU",
        **{"for": "4h"},
    )

    assert "2 alerts are silenced." in said
    found = Silence.objects.values_list("region__code", "kind", "reason")
    assert sorted(found) == [("omsk", "errors_up", "new GPU"), ("tver", "errors_up", "new GPU")]


def test_it_resolves_with_a_reason_only(client, oncall):
    alert = make_alert(make_region(), at=now())

    assert "not resolved without a reason" in post(client, "/alerts/act/resolve/", alert=alert.pk)
    post(client, "/alerts/act/resolve/", alert=alert.pk, reason="nothing", false="yes")
    assert Alert.objects.get().state == "resolved"
    assert alert.events.last().is_false_alarm


def test_it_acts_on_seen_alerts_only(client):
    tver, omsk = make_region(), make_region("omsk")
    other = make_alert(omsk, at=now())
    client.force_login(make_person(regions=[tver]))

    post(client, "/alerts/act/take/", alert=other.pk)

    assert Alert.objects.get().state == "open"
    assert client.get(f"/alerts/{other.pk}/").status_code == 404


def test_it_acts_on_an_alert_of_the_fleet_for_who_sees_all(client):
    regions = [make_region(code) for code in ("tver", "omsk", "perm", "kursk")]
    for region in regions:
        make_alert(region, at=now())
    above = Alert.objects.get(region=None)
    client.force_login(make_person(regions=regions[:1]))

    assert "only who sees all regions" in post(client, "/alerts/act/take/", alert=above.pk)
    assert Alert.objects.get(region=None).state == "open"


def test_it_returns_to_its_own_pages_only(client, oncall):
    make_alert(make_region(), at=now())

    away = client.post("/alerts/act/take/", {"next": "https://elsewhere.example/"})
    back = client.post("/alerts/act/take/", {"next": "/alerts/?show=mine"})

    assert (away["Location"], back["Location"]) == ("/alerts/", "/alerts/?show=mine")


def test_a_viewer_sees_no_buttons(client):
    alert = make_alert(make_region(), at=now())
    client.force_login(make_person(role=Role.VIEWER))

    for address in ("/alerts/", f"/alerts/{alert.pk}/", "/alerts/silences/"):
        assert "formaction" not in shown(client, address)
        assert "/end/" not in shown(client, address)


def test_it_makes_lists_and_ends_a_silence(client, oncall):
    make_region()
    data = {"region": "tver", "kind": "errors_up", "reason": "new GPU", "for": "1h"}

    page = post(client, "/alerts/silences/", **data)
    assert "More studies fail than usual" in page
    assert "new GPU" in page
    page = post(client, f"/alerts/silences/{Silence.objects.get().pk}/end/")
    assert "Nothing is silenced." in page


def test_it_plans_lists_and_ends_work(client, oncall):
    make_region()
    today = now().date()
    data = {"region": "tver", "first_day": today, "last_day": today + timedelta(days=3)}

    page = post(client, "/alerts/work/", **data, since="22:00", until="02:00", reason="switch")
    assert "22:00 to 02:00" in page
    page = post(client, f"/alerts/work/{Maintenance.objects.get().pk}/end/")
    assert "No work is planned." in page


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/alerts/work/", {"region": "tver", "first_day": "x"}),
        ("/alerts/silences/", {"region": "tver", "until": "x", "reason": "x"}),
        ("/alerts/silences/", {"region": "tver", "reason": ""}),
    ],
)
def test_it_refuses_nonsense_with_a_sentence(client, oncall, address, data):
    make_region()

    assert 'class="message error"' in post(client, address, **data)
    assert not Silence.objects.exists()


def test_it_ends_nothing_of_other_people(client):
    tver, omsk = make_region(), make_region("omsk")
    of_all, of_omsk, work = make_silence(), make_silence(omsk), make_maintenance(omsk)
    client.force_login(make_person(regions=[tver]))

    page = shown(client, "/alerts/silences/")

    assert "The whole fleet" in page
    assert "Omsk" not in page
    for address in (f"silences/{of_all.pk}", f"silences/{of_omsk.pk}", f"work/{work.pk}"):
        assert client.post(f"/alerts/{address}/end/").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_every_runbook(client, oncall, kind):
    page = shown(client, f"/runbooks/{kind}/")

    assert "<h2>What to look at first</h2>" in page


def test_it_shows_a_runbook_in_russian(client, oncall):
    client.cookies["django_language"] = "ru"

    assert "<h2>Что смотреть сначала</h2>" in shown(client, "/runbooks/errors_up/")


def test_it_knows_no_other_runbook(client, oncall):
    assert client.get("/runbooks/..%2f..%2fREADME/").status_code == 404
    assert client.get("/runbooks/readme/").status_code == 404


def test_it_makes_nothing_but_markdown_of_a_runbook():
    html = markdown_html("<script>x</script> [y](javascript:z) ![p](/p.png) **bold**")

    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html
    assert "<strong>bold</strong>" in html


def test_it_takes_what_was_found_for_normal(client, oncall):
    alert = make_alert(make_region(), "input_drift", now() - HOUR, attribute="kvp")
    assert "New normal" in shown(client, f"/alerts/{alert.pk}/")

    page = post(client, "/alerts/act/new-normal/", alert=alert.pk, reason="A new X-ray tube")

    assert "1 alert is resolved: this is normal now." in page
    (accepted,) = alert.new_normals.all()
    assert (accepted.author, accepted.reason) == (oncall, "A new X-ray tube")
    assert "New normal" not in shown(client, f"/alerts/{alert.pk}/")


def test_it_offers_no_new_normal_where_nothing_is_compared(client, oncall):
    alert = make_alert(make_region(), "link_lost", now() - HOUR)
    assert "New normal" not in shown(client, f"/alerts/{alert.pk}/")

    page = post(client, "/alerts/act/new-normal/", alert=alert.pk, reason="It is always so")

    assert "This alert has no past to begin again" in page
    assert Alert.objects.get(pk=alert.pk).state == "open"
