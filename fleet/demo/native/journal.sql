-- The native database of a sham vendor, shape "journal": one wide row a study, overwritten as the
-- study proceeds; names in translit, words in Russian, clocks without a zone (the server's wall).
CREATE TABLE zhurnal (
  id bigserial PRIMARY KEY,
  uid_issledovaniya text NOT NULL UNIQUE,
  data_polucheniya timestamp NOT NULL,
  data_snimka timestamp,
  modalnost text,
  oblast text,
  proekcii text,                -- 'CC,MLO'
  storony text,                 -- 'Л,П'
  kol_seriy int,
  kol_snimkov int,
  razmer_mb float8,
  mo text,                      -- clinic
  apparat text,                 -- the scanner's inventory number
  proizvoditel text,
  model_apparata text,
  po_apparata text,
  detektor text,
  vysota int,
  shirina int,
  pixel_mm float8,
  fotometriya text,
  naznachenie text,
  bit int,
  kv float8,
  mkas float8,                  -- exposure, µAs
  indeks_eksp float8,
  otklonenie float8,
  tolschina_mm float8,
  sila_n float8,
  vozrast int,
  pol text,                     -- 'М', 'Ж'
  servis text,
  versiya text,
  popytka int NOT NULL DEFAULT 0,
  v_ocheredi timestamp,
  zagruzka_s timestamp,
  zagruzka_po timestamp,
  nachalo timestamp,
  konec timestamp,
  otpravleno timestamp,
  status text NOT NULL,         -- принято, в очереди, в работе, готово, ошибка, отказ, таймаут, отменено
  kod_oshibki text,
  tekst_oshibki text,
  uzel text,                    -- GPU node
  rezhim text,                  -- обычный, на процессоре, уменьшено
  prichina_rezhima text,
  masshtab float8,
  pamyat_mb float8,
  rezultat jsonb,               -- [{"klass", "storona", "ver", "porog", "n", "mm"}, …]
  izmeneno timestamp NOT NULL
);

CREATE TABLE musor (
  id bigserial PRIMARY KEY,
  data timestamp NOT NULL,
  etap text,
  prichina text,
  versiya_filtra text,
  ocenka float8,
  modalnost text,
  apparat text
);
