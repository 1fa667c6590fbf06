"""The regions' own rows, read through the union views. Nothing here can be written.

Give `region_code` in the filter where one region is meant: the others are then not asked, and the
answer does not depend on their being there.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ReadOnlyRows(Exception):
    """Somebody tried to write rows that belong to a region."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(
            f"{model.__name__} rows belong to the regions and are only read here."
            " Correct them in the region; the next collection follows."
        )


class ForeignRows(models.QuerySet["ForeignRow"]):
    """A query set without any of the ways to write."""

    def create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def get_or_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def update_or_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def bulk_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(self.model)


def text() -> models.TextField[str | None, str | None]:
    return models.TextField(null=True)


def whole() -> models.IntegerField[int | None, int | None]:
    return models.IntegerField(null=True)


def real() -> models.FloatField[float | None, float | None]:
    return models.FloatField(null=True)


def moment() -> models.DateTimeField[Any, Any]:
    return models.DateTimeField(null=True)


class ForeignRow(models.Model):
    """One row of a region; `row_id` is unique within the region only."""

    region_code = models.TextField()
    row_id = models.BigIntegerField()
    updated_at = moment()

    objects = ForeignRows.as_manager()

    class Meta:
        abstract = True
        managed = False

    def save_base(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Every way to save one row ends here."""
        raise ReadOnlyRows(type(self))

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ReadOnlyRows(type(self))


class UnionStudy(ForeignRow):
    pk = models.CompositePrimaryKey("region_code", "row_id")
    study_ref = text()
    received_at = moment()
    acquired_at = moment()
    modality = text()
    body_part = text()
    view_positions = ArrayField(models.TextField(), null=True)
    lateralities = ArrayField(models.TextField(), null=True)
    n_series = whole()
    n_images = whole()
    size_bytes = models.BigIntegerField(null=True)
    org_code = text()
    device_ref = text()
    manufacturer = text()
    model_name = text()
    device_software = text()
    detector_type = text()
    image_rows = whole()
    image_cols = whole()
    pixel_spacing_mm = real()
    photometric = text()
    presentation_intent = text()
    bits_stored = whole()
    kvp = real()
    exposure_uas = real()
    exposure_index = real()
    deviation_index = real()
    body_part_thickness_mm = real()
    compression_force_n = real()
    patient_age_years = models.SmallIntegerField(null=True)
    patient_sex = text()
    storage_status = text()
    available_until = moment()
    extra = models.JSONField(null=True)
    row_version = models.BigIntegerField(null=True)

    class Meta(ForeignRow.Meta):
        abstract = False
        db_table = '"fleet"."union_study"'


class UnionProcessing(ForeignRow):
    """One attempt to answer a study with a pipeline."""

    pk = models.CompositePrimaryKey("region_code", "row_id")
    attempt_ref = text()
    study_ref = text()
    attempt_no = whole()
    pipeline_code = text()
    pipeline_version = text()
    image_digest = text()
    weights_sha256 = text()
    queued_at = moment()
    download_started_at = moment()
    download_ended_at = moment()
    started_at = moment()
    ended_at = moment()
    delivered_at = moment()
    status = text()
    error_class = text()
    error_side = text()
    error_text = text()
    device_kind = text()
    device_ref = text()
    fallback_kind = text()
    fallback_reason = text()
    input_scale = real()
    peak_mem_mb = real()
    extra = models.JSONField(null=True)
    row_version = models.BigIntegerField(null=True)

    class Meta(ForeignRow.Meta):
        abstract = False
        db_table = '"fleet"."union_processing"'


class UnionPrediction(ForeignRow):
    pk = models.CompositePrimaryKey("region_code", "row_id")
    attempt_ref = text()
    study_ref = text()
    model_code = text()
    model_version = text()
    class_code = text()
    laterality = text()
    score = real()
    score_kind = text()
    threshold = real()
    is_positive = models.BooleanField(null=True)
    n_objects = whole()
    max_object_mm = real()
    created_at = moment()
    row_version = models.BigIntegerField(null=True)

    class Meta(ForeignRow.Meta):
        abstract = False
        db_table = '"fleet"."union_prediction"'
