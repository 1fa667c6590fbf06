"""Which sham regions the demo has, and what is the matter with each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from itertools import cycle, islice

from fleet.demo.sham import ShamRegion, Shape

ONCALL, VIEWER, APPROVER = "oncall", "viewer", "approver"
FEWEST, MOST = 3, 100
DAYS = 45
# What two cores fill with history and collect within three minutes.
STUDIES_PER_DAY = 3000


class Way(Enum):
    """How the center reaches a region in the demo."""

    DIRECT = "direct"
    SSH = "SSH"
    STALE = "SSH, lost a day ago"
    DOWN = "SSH, never up"
    NONE = "no path"


class Keeps(Enum):
    """Where a region of the demo keeps its images."""

    FOLDER = "a folder that its SSH server shows"
    ORTHANC = "an Orthanc behind its SSH server"
    NOWHERE = "nowhere that Fleet may look"


@dataclass(frozen=True)
class Part:
    """One region's part in the demo."""

    sham: ShamRegion
    way: Way
    keeps: Keeps = Keeps.NOWHERE

    @property
    def code(self) -> str:
        return self.sham.code

    @property
    def is_behind_ssh(self) -> bool:
        return self.way in {Way.SSH, Way.STALE, Way.DOWN}

    @property
    def is_up(self) -> bool:
        """Whether it is collected while the demo runs."""
        return self.way in {Way.DIRECT, Way.SSH}


FIRST_WAYS = {
    3: (Way.DIRECT, Way.SSH, Way.DOWN),
    4: (Way.DIRECT, Way.SSH, Way.STALE, Way.DOWN),
    5: (Way.DIRECT, Way.SSH, Way.STALE, Way.DOWN, Way.SSH),
    6: (Way.DIRECT, Way.SSH, Way.STALE, Way.DOWN, Way.SSH, Way.NONE),
}
LATER_WAYS = (
    (Way.SSH,) * 7 + (Way.DIRECT,) + (Way.SSH,) * 7 + (Way.STALE,) + (Way.SSH,) * 7 + (Way.DOWN,)
)
# Code, name, zone, share of the studies. Regions beyond the table take its rows again, numbered.
# The stale and the lost one lie in the east, where today has begun whatever the hour here.
PLACES = (
    ("moscow", "Москва", "Europe/Moscow", 1.4),
    ("kamchatka", "Камчатский край", "Asia/Kamchatka", 0.6),
    ("bagmati", "Bagmati", "Asia/Kathmandu", 1.2),
    ("kaliningrad", "Калининградская область", "Europe/Kaliningrad", 0.9),
    ("newfoundland", "Newfoundland", "America/St_Johns", 0.9),
    ("chukotka", "Чукотский автономный округ", "Asia/Anadyr", 0.3),
    ("tver", "Тверская область", "Europe/Moscow", 1.0),
    ("samara", "Самарская область", "Europe/Samara", 1.1),
    ("perm", "Пермский край", "Asia/Yekaterinburg", 1.1),
    ("omsk", "Омская область", "Asia/Omsk", 1.0),
    ("tomsk", "Томская область", "Asia/Tomsk", 0.8),
    ("tuva", "Республика Тыва", "Asia/Krasnoyarsk", 0.4),
    ("buryatia", "Республика Бурятия", "Asia/Irkutsk", 0.7),
    ("yakutia", "Республика Саха (Якутия)", "Asia/Yakutsk", 0.8),
    ("primorye", "Приморский край", "Asia/Vladivostok", 1.1),
    ("sakhalin", "Сахалинская область", "Asia/Sakhalin", 0.6),
    ("magadan", "Магаданская область", "Asia/Magadan", 0.4),
    ("brandenburg", "Brandenburg", "Europe/Berlin", 1.2),
    ("alentejo", "Alentejo", "Europe/Lisbon", 0.8),
    ("lapland", "Lappi", "Europe/Helsinki", 0.5),
    ("almaty", "Алматы", "Asia/Almaty", 1.3),
    ("samarkand", "Samarqand", "Asia/Samarkand", 1.0),
    ("kerala", "Kerala", "Asia/Kolkata", 1.5),
    ("shan", "Shan", "Asia/Yangon", 0.7),
    ("tasmania", "Tasmania", "Australia/Hobart", 0.7),
    ("otago", "Otago", "Pacific/Auckland", 0.6),
    ("chatham", "Chatham Islands", "Pacific/Chatham", 0.2),
    ("magallanes", "Magallanes", "America/Punta_Arenas", 0.5),
    ("acre", "Acre", "America/Rio_Branco", 0.6),
    ("oaxaca", "Oaxaca", "America/Mexico_City", 0.9),
    ("manitoba", "Manitoba", "America/Winnipeg", 0.9),
    ("yukon", "Yukon", "America/Whitehorse", 0.3),
    ("nunavut", "Nunavut", "America/Rankin_Inlet", 0.2),
    ("svalbard", "Svalbard", "Arctic/Longyearbyen", 0.2),
)


def cast(n_regions: int) -> list[Part]:
    """Return the parts of a demo with so many regions, FEWEST to MOST."""
    ways = [*FIRST_WAYS[min(n_regions, 6)], *islice(cycle(LATER_WAYS), max(0, n_regions - 6))]
    a_day = min(800, max(40, STUDIES_PER_DAY // n_regions))
    parts = [_part(number, way, a_day) for number, way in enumerate(ways)]
    archives = iter((Keeps.FOLDER, Keeps.ORTHANC))
    return [
        replace(part, keeps=next(archives, Keeps.NOWHERE)) if part.way is Way.SSH else part
        for part in parts
    ]


def _part(number: int, way: Way, studies_per_day: int) -> Part:
    turn, row = divmod(number, len(PLACES))
    code, name, zone, share = PLACES[row]
    again = turn + 1
    return Part(
        ShamRegion(
            code=f"{code}_{again}" if turn else code,
            name=f"{name} {again}" if turn else name,
            zone=zone,
            level={Way.DIRECT: 1, Way.NONE: 3}.get(way, 2),
            shape=Shape.JOURNAL if number % 2 else Shape.TABLES,
            studies_per_day=max(20, round(studies_per_day * share)),
            seed=number + 1,
            n_nodes=2 + number % 3,
            failure_rate=0.08 if number % 9 == 4 else 0.02,
            silent_bug=number % 12 == 1,
            input_shift=number % 10 == 4,
            # In the east as well: whatever the hour here, enough of its today is known.
            is_failing=number % 24 == 1,
        ),
        way,
    )


def all_codes() -> set[str]:
    """Return the codes that any demo gives, to tell its regions from those added by hand."""
    return {part.code for part in cast(MOST)}
