-- The contract over the shape "journal". Code, zone and key arrive as quoted literals.
--
-- study_ref: a keyed hash of the study's UID. A view's text can be read by everyone who may log in,
-- so the key lies in a table that the reader cannot read, and a trigger writes the hash.
CREATE TABLE fleet_ref_key (key text NOT NULL);
REVOKE ALL ON fleet_ref_key FROM PUBLIC;
INSERT INTO fleet_ref_key VALUES ({key});

ALTER TABLE zhurnal ADD COLUMN study_ref text;

CREATE FUNCTION zhurnal_study_ref() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  ref_key text;
BEGIN
  SELECT key INTO STRICT ref_key FROM fleet_ref_key;
  -- Hashed twice, as HMAC does, so that nobody can lengthen a UID and go on from its hash.
  NEW.study_ref := encode(sha256(convert_to(ref_key || encode(sha256(convert_to(
    ref_key || NEW.uid_issledovaniya, 'UTF8')), 'hex'), 'UTF8')), 'hex');
  RETURN NEW;
END $$;
CREATE TRIGGER zhurnal_study_ref BEFORE INSERT OR UPDATE OF uid_issledovaniya ON zhurnal
  FOR EACH ROW EXECUTE FUNCTION zhurnal_study_ref();
UPDATE zhurnal SET uid_issledovaniya = uid_issledovaniya;
ALTER TABLE zhurnal ALTER COLUMN study_ref SET NOT NULL;

-- An attempt is named by its study's reference: the journal remembers one attempt a study. So this
-- index serves the joins by study_ref and those by attempt_ref.
CREATE UNIQUE INDEX zhurnal_by_study_ref ON zhurnal (study_ref);

-- The contract asks for instants; the journal keeps the wall clock. The index holds the very
-- expression of the view, else every question for an hour would read the whole table. Rebuild it
-- (REINDEX) when the server's time zone data change.
--
-- When the clock is put back, one hour of the wall happens twice and the journal cannot tell which:
-- PostgreSQL takes it for the second (standard time). The first of the two hours is then empty, the
-- second holds both, the day's sums are right, and a latency that spans the change is an hour off
-- (if that makes it negative, it counts as a bad latency). A wall time that was skipped when the
-- clock was put forward does not occur.
CREATE INDEX zhurnal_by_received_at ON zhurnal ((data_polucheniya AT TIME ZONE {zone}));
CREATE INDEX musor_by_rejected_at ON musor ((data AT TIME ZONE {zone}));
-- The expression's statistics exist only after this.
ANALYZE zhurnal, musor;

CREATE OR REPLACE VIEW fleet_contract.contract_info AS SELECT
  1 AS major, 0 AS minor, {code}::text AS region_code, 'main'::text AS site_code,
  clock_timestamp() AS db_now, {zone}::text AS site_tz,
  ARRAY['study', 'processing', 'prediction', 'input_rejection']::text[] AS provides,
  'zhurnal'::text AS source_system, '7.2'::text AS source_version;

CREATE OR REPLACE VIEW fleet_contract.study AS SELECT
  {code}::text AS region_code, z.id AS row_id, z.izmeneno AT TIME ZONE {zone} AS updated_at,
  z.study_ref, NULL::text AS study_uid,
  z.data_polucheniya AT TIME ZONE {zone} AS received_at,
  z.data_snimka AT TIME ZONE {zone} AS acquired_at,
  z.modalnost AS modality, z.oblast AS body_part,
  string_to_array(z.proekcii, ',') AS view_positions,
  string_to_array(translate(z.storony, 'ЛП', 'LR'), ',') AS lateralities,
  z.kol_seriy AS n_series, z.kol_snimkov AS n_images,
  (z.razmer_mb * 1000000)::bigint AS size_bytes,
  z.mo AS org_code, z.apparat AS device_ref, z.proizvoditel AS manufacturer,
  z.model_apparata AS model_name, z.po_apparata AS device_software, z.detektor AS detector_type,
  z.vysota AS image_rows, z.shirina AS image_cols, z.pixel_mm AS pixel_spacing_mm,
  z.fotometriya AS photometric, z.naznachenie AS presentation_intent, z.bit AS bits_stored,
  z.kv AS kvp, z.mkas AS exposure_uas, z.indeks_eksp AS exposure_index,
  z.otklonenie AS deviation_index, z.tolschina_mm AS body_part_thickness_mm,
  z.sila_n AS compression_force_n,
  -- Ages above 89 identify people in a small town.
  least(z.vozrast, 89)::smallint AS patient_age_years,
  (CASE z.pol WHEN 'М' THEN 'M' WHEN 'Ж' THEN 'F' END)::char(1) AS patient_sex,
  'unknown'::text AS storage_status,
  z.data_polucheniya AT TIME ZONE {zone} + interval '2 days' AS available_until,
  NULL::jsonb AS extra,
  z.xmin::text::bigint AS row_version
FROM zhurnal z;

CREATE OR REPLACE VIEW fleet_contract.processing AS SELECT
  {code}::text AS region_code, z.id AS row_id, z.izmeneno AT TIME ZONE {zone} AS updated_at,
  z.study_ref AS attempt_ref, z.study_ref, z.popytka AS attempt_no,
  z.servis AS pipeline_code, z.versiya AS pipeline_version, NULL::text AS image_digest,
  NULL::text AS weights_sha256,
  z.v_ocheredi AT TIME ZONE {zone} AS queued_at,
  z.zagruzka_s AT TIME ZONE {zone} AS download_started_at,
  z.zagruzka_po AT TIME ZONE {zone} AS download_ended_at,
  z.nachalo AT TIME ZONE {zone} AS started_at, z.konec AT TIME ZONE {zone} AS ended_at,
  z.otpravleno AT TIME ZONE {zone} AS delivered_at,
  CASE z.status WHEN 'в очереди' THEN 'queued' WHEN 'в работе' THEN 'running'
    WHEN 'готово' THEN 'done' WHEN 'ошибка' THEN 'failed' WHEN 'отказ' THEN 'rejected'
    WHEN 'таймаут' THEN 'timeout' WHEN 'отменено' THEN 'cancelled' ELSE z.status END AS status,
  CASE z.kod_oshibki WHEN 'Сервер недоступен' THEN 'server_unavailable'
    WHEN 'Ошибка количества снимков' THEN 'image_count' WHEN 'Ошибка серии' THEN 'series'
    WHEN 'Ошибка тега' THEN 'tag' WHEN 'Ошибка области' THEN 'body_part'
    WHEN 'Ошибка изображения' THEN 'image_content' WHEN 'Нехватка памяти' THEN 'oom'
    WHEN 'Превышено время' THEN 'timeout' WHEN 'Сбой процесса' THEN 'crash'
    WHEN 'Ошибка отправки' THEN 'delivery' ELSE z.kod_oshibki END AS error_class,
  CASE WHEN z.kod_oshibki IN ('Нехватка памяти', 'Превышено время', 'Сбой процесса')
         THEN 'service'
       WHEN z.kod_oshibki IN ('Сервер недоступен', 'Ошибка отправки') THEN 'link'
       WHEN z.kod_oshibki IS NOT NULL THEN 'source' END AS error_side,
  -- Free text may hold names and paths; it stays here.
  NULL::text AS error_text,
  CASE z.rezhim WHEN 'на процессоре' THEN 'cpu' ELSE 'cuda' END AS device_kind,
  z.uzel AS device_ref,
  CASE z.rezhim WHEN 'обычный' THEN 'none' WHEN 'на процессоре' THEN 'cpu'
    WHEN 'уменьшено' THEN 'resize' ELSE z.rezhim END AS fallback_kind,
  CASE z.prichina_rezhima WHEN 'Нехватка памяти' THEN 'oom'
    ELSE z.prichina_rezhima END AS fallback_reason,
  z.masshtab AS input_scale, z.pamyat_mb AS peak_mem_mb, NULL::jsonb AS extra,
  z.xmin::text::bigint AS row_version
FROM zhurnal z
-- A row that was only accepted has no attempt yet.
WHERE z.popytka > 0;

CREATE OR REPLACE VIEW fleet_contract.prediction AS SELECT
  {code}::text AS region_code, z.id * 100 + r.place AS row_id,
  z.izmeneno AT TIME ZONE {zone} AS updated_at, z.study_ref AS attempt_ref, z.study_ref,
  z.servis AS model_code, z.versiya AS model_version, r.value ->> 'klass' AS class_code,
  translate(r.value ->> 'storona', 'ЛП', 'LR') AS laterality,
  (r.value ->> 'ver')::float8 AS score, 'probability'::text AS score_kind,
  (r.value ->> 'porog')::float8 AS threshold,
  (r.value ->> 'ver')::float8 >= (r.value ->> 'porog')::float8 AS is_positive,
  (r.value ->> 'n')::int AS n_objects, (r.value ->> 'mm')::float8 AS max_object_mm,
  z.konec AT TIME ZONE {zone} AS created_at, z.xmin::text::bigint AS row_version
FROM zhurnal z
CROSS JOIN LATERAL jsonb_array_elements(z.rezultat) WITH ORDINALITY AS r (value, place);

CREATE OR REPLACE VIEW fleet_contract.input_rejection AS SELECT
  {code}::text AS region_code, m.id AS row_id, m.data AT TIME ZONE {zone} AS updated_at,
  NULL::text AS study_ref, m.data AT TIME ZONE {zone} AS rejected_at,
  CASE m.etap WHEN 'приём' THEN 'gateway' WHEN 'фильтр' THEN 'filter' ELSE m.etap END AS stage,
  CASE m.prichina WHEN 'Не та модальность' THEN 'modality' WHEN 'Вторичный захват'
    THEN 'secondary_capture' WHEN 'Фантом' THEN 'phantom' WHEN 'Файл повреждён' THEN 'corrupt'
    WHEN 'Мало снимков' THEN 'image_count' WHEN 'Не та область' THEN 'body_part'
    ELSE m.prichina END AS reason_code,
  m.versiya_filtra AS filter_version, m.ocenka AS score, m.modalnost AS modality,
  m.apparat AS device_ref, m.xmin::text::bigint AS row_version
FROM musor m;
