from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, models

from fleet.clock import now
from regions.collect import collect
from regions.foreign import ForeignRow, ReadOnlyRows, UnionPrediction, UnionProcessing, UnionStudy
from regions.foreign_server import administering_connection, view_columns
from regions.models import Region
from regions.union import rebuild_union
from tests.rig.region_database import RegionDatabase

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
MODELS = {"study": UnionStudy, "processing": UnionProcessing, "prediction": UnionPrediction}
rows = UnionStudy.objects.filter(region_code="alpha")
WRITES: dict[str, Callable[[UnionStudy], object]] = {
    "save": lambda row: row.save(),
    "forced save": lambda row: row.save(force_insert=True),
    "delete": lambda row: row.delete(),
    "create": lambda row: UnionStudy.objects.create(region_code="alpha", row_id=1),
    "get or create": lambda row: rows.get_or_create(row_id=1),
    "update or create": lambda row: rows.update_or_create(row_id=1),
    "bulk create": lambda row: UnionStudy.objects.bulk_create([row]),
    "bulk update": lambda row: UnionStudy.objects.bulk_update([row], ["modality"]),
    "update all": lambda row: rows.update(modality="CR"),
    "delete all": lambda row: rows.delete(),
}


@pytest.mark.parametrize("view", MODELS)
def test_it_names_the_contracts_columns_in_order(view: str) -> None:
    with administering_connection() as admin:
        shown = dict(view_columns(admin)[view])
    fields = {f.column: f.db_type(connection) for f in MODELS[view]._meta.concrete_fields}

    assert list(fields) == list(shown)
    assert fields == {name: kind.replace("character(1)", "text") for name, kind in shown.items()}


@pytest.mark.parametrize("write", WRITES)
def test_it_refuses_to_write(write: str) -> None:
    row = UnionStudy(region_code="alpha", row_id=1)

    with pytest.raises(ReadOnlyRows, match="UnionStudy rows belong to the regions"):
        WRITES[write](row)


@pytest.mark.parametrize("model", MODELS.values())
def test_it_refuses_for_each_model(model: type[ForeignRow]) -> None:
    with pytest.raises(ReadOnlyRows, match="Correct them in the region"):
        model(region_code="alpha", row_id=1).save()


def test_it_leaves_the_tables_to_the_union_views() -> None:
    assert not any(model._meta.managed for model in MODELS.values())
    assert all(isinstance(m._meta.pk, models.CompositePrimaryKey) for m in MODELS.values())


def test_it_reads_the_regions_rows(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> None:
    for code in ("alpha", "beta"):
        database = region_database(code)
        database.insert_study(now(), scores=[0.2, 0.7], lateralities=["L", "R"], extra="{}")
        collect(make_region(database), now())
    rebuild_union(now())

    study = UnionStudy.objects.get(region_code="beta")

    assert (study.pk, study.lateralities, study.extra) == (("beta", 1), ["L", "R"], {})
    assert UnionProcessing.objects.filter(status="done").count() == 2
    scores = UnionPrediction.objects.order_by("region_code", "score").values_list("score")
    assert [score for (score,) in scores] == [0.2, 0.7, 0.2, 0.7]
