"""Write stories into the native shape "journal": one wide row a study, on the wall's clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from fleet.demo.services import Finding
from fleet.demo.story import Garbage, Story
from fleet.demo.world import World

COLUMNS = (
    "uid_issledovaniya", "data_polucheniya", "data_snimka", "modalnost", "oblast", "proekcii",
    "storony", "kol_seriy", "kol_snimkov", "razmer_mb", "mo", "apparat", "proizvoditel",
    "model_apparata", "po_apparata", "detektor", "vysota", "shirina", "pixel_mm", "fotometriya",
    "naznachenie", "bit", "kv", "mkas", "indeks_eksp", "otklonenie", "tolschina_mm", "sila_n",
    "vozrast", "pol", "servis", "versiya", "popytka", "v_ocheredi", "zagruzka_s", "zagruzka_po",
    "nachalo", "konec", "otpravleno", "status", "kod_oshibki", "tekst_oshibki", "uzel", "rezhim",
    "prichina_rezhima", "masshtab", "pamyat_mb", "rezultat", "izmeneno",
)  # fmt: skip
GARBAGE_COLUMNS = (
    "data", "etap", "prichina", "versiya_filtra", "ocenka", "modalnost", "apparat",
)  # fmt: skip
STATUSES = {
    "queued": "в очереди", "running": "в работе", "done": "готово", "failed": "ошибка",
    "rejected": "отказ", "timeout": "таймаут",
}  # fmt: skip
ERRORS = {
    "server_unavailable": "Сервер недоступен", "image_count": "Ошибка количества снимков",
    "series": "Ошибка серии", "tag": "Ошибка тега", "body_part": "Ошибка области",
    "image_content": "Ошибка изображения", "oom": "Нехватка памяти",
    "timeout": "Превышено время", "crash": "Сбой процесса", "delivery": "Ошибка отправки",
}  # fmt: skip
MODES = {"none": "обычный", "cpu": "на процессоре", "resize": "уменьшено"}
STAGES = {"gateway": "приём", "filter": "фильтр"}
REASONS = {
    "modality": "Не та модальность", "secondary_capture": "Вторичный захват",
    "phantom": "Фантом", "corrupt": "Файл повреждён", "image_count": "Мало снимков",
    "body_part": "Не та область",
}  # fmt: skip
SIDES = {"L": "Л", "R": "П", "": ""}

_names = ", ".join(COLUMNS)
_values = ", ".join(["%s"] * len(COLUMNS))
_changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
COPY_STUDIES = f"COPY zhurnal ({_names}) FROM STDIN"
COPY_GARBAGE = f"COPY musor ({', '.join(GARBAGE_COLUMNS)}) FROM STDIN"
WRITE_STUDY = (
    f"INSERT INTO zhurnal ({_names}) VALUES ({_values}) "  # noqa: S608  constant names
    f"ON CONFLICT (uid_issledovaniya) DO UPDATE SET {_changes}"
)
WRITE_GARBAGE = (
    f"INSERT INTO musor ({', '.join(GARBAGE_COLUMNS)}) "  # noqa: S608  constant names
    f"VALUES ({', '.join(['%s'] * len(GARBAGE_COLUMNS))})"
)


class Journal:
    """Writes one region's stories as the journal shows them at `now`."""

    def __init__(self, connection: Connection, world: World) -> None:
        self._connection = connection
        self._zone = world.sham.clock

    def prepare(self, _now: datetime) -> None:
        """The journal names its devices in each row: there is nothing to look up."""

    def copy(self, events: Iterable[Story | Garbage], now: datetime) -> None:
        """Append rows quickly; none of them may be there yet."""
        studies, garbage = self._rows(events, now)
        with self._connection.cursor() as cursor:
            with cursor.copy(COPY_STUDIES) as copy:
                for row in studies:
                    copy.write_row(row)
            with cursor.copy(COPY_GARBAGE) as copy:
                for row in garbage:
                    copy.write_row(row)

    def erase(self, uids: Sequence[str]) -> None:
        """Remove studies with all that was written of them."""
        self._connection.execute(
            "DELETE FROM zhurnal WHERE uid_issledovaniya = ANY (%s)", [list(uids)]
        )

    def write(self, events: Iterable[Story | Garbage], now: datetime) -> None:
        """Insert or overwrite the rows of the events."""
        studies, garbage = self._rows(events, now)
        with self._connection.cursor() as cursor:
            cursor.executemany(WRITE_STUDY, studies)
            cursor.executemany(WRITE_GARBAGE, garbage)

    def _rows(
        self, events: Iterable[Story | Garbage], now: datetime
    ) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
        studies, garbage = [], []
        for event in events:
            if isinstance(event, Story):
                studies.append(_study_row(event.at(now), self._zone, now))
            else:
                garbage.append(_garbage_row(event, self._zone))
        return studies, garbage


def _study_row(story: Story, zone: ZoneInfo, now: datetime) -> Sequence[Any]:
    seen, model = story.acquisition, story.scanner.model
    return (
        story.uid, _wall(story.received_at, zone), _wall(story.acquired_at, zone), model.modality,
        seen.body_part, ",".join(seen.views), ",".join(SIDES[side] for side in seen.sides),
        seen.n_series, seen.n_images, seen.size_bytes / 1e6, story.scanner.clinic,
        story.scanner.serial, model.vendor, model.name, model.software, model.detector, seen.rows,
        seen.cols, model.spacing_mm, model.photometric, "FOR PRESENTATION", model.bits, seen.kvp,
        seen.exposure_uas, seen.index, seen.deviation, seen.thickness_mm, seen.force_n, seen.age,
        "Ж" if seen.sex == "F" else "М", *_attempt_columns(story, zone),
        _wall(_changed_at(story, now), zone),
    )  # fmt: skip


def _attempt_columns(story: Story, zone: ZoneInfo) -> Sequence[Any]:
    """Return servis to rezultat: the journal remembers the last attempt only."""
    if not story.attempts:
        return (story.service.code, None, 0, *[None] * 6, "принято", *[None] * 8)
    last = story.attempts[-1]
    return (
        story.service.code, last.version, last.number, _wall(last.queued_at, zone),
        _wall(last.fetch_started_at, zone), _wall(last.fetch_ended_at, zone),
        _wall(last.started_at if last.outcome != "queued" else None, zone),
        _wall(last.ended_at, zone), _wall(last.sent_at, zone),
        STATUSES[last.outcome], ERRORS.get(last.error_class or ""),
        f"{last.error_class}: см. /var/log/ai/{story.uid}.log" if last.error_class else None,
        f"gpu-{last.node + 1:02}", MODES[last.fallback], ERRORS.get(last.fallback_reason or ""),
        last.scale, last.peak_mb, json.dumps([_finding(one) for one in last.findings]),
    )  # fmt: skip


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "klass": one.label, "storona": SIDES[one.side], "ver": one.prob, "porog": one.threshold,
        "n": one.n_boxes, "mm": one.largest_mm,
    }  # fmt: skip


def _garbage_row(garbage: Garbage, zone: ZoneInfo) -> Sequence[Any]:
    return (
        _wall(garbage.at, zone), STAGES[garbage.stage], REASONS[garbage.reason], "1.3",
        garbage.score, garbage.modality, garbage.scanner.serial,
    )  # fmt: skip


def _changed_at(story: Story, now: datetime) -> datetime:
    return max(moment for moment in story.moments() if moment <= now)


def _wall(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return what a clock on the server room's wall shows."""
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)
