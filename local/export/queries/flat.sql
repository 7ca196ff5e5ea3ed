-- The rows of the ledger. Markers only hold a place for another row.
CREATE OR REPLACE VIEW ledger AS
SELECT DISTINCT
  image.network_id.s AS network_id,
  image.activity_id.s AS activity_id,
  image.kind.s AS kind,
  image.front_door.s AS front_door,
  image.activity_type_id.s AS activity_type_id,
  CAST(image.amount.n AS DECIMAL(38, 9)) AS amount,
  image.occurred_at.s AS occurred_at,
  image.recorded_at.s AS recorded_at,
  image.settled_outcome.s AS settled_outcome,
  image.reference_id.s AS reference_id
FROM (SELECT coalesce(item, newimage) AS image FROM exported) AS images
WHERE image.activity_key.s IS NOT NULL
  AND image.kind.s NOT IN ('reference_marker', 'reversal_marker');

-- What each row of the ledger came to for each membership.
CREATE OR REPLACE VIEW postings AS
SELECT DISTINCT
  image.network_id.s AS network_id,
  image.program_id.s AS program_id,
  image.program_membership_id.s AS program_membership_id,
  image.activity_id.s AS activity_id,
  image.activity_type_id.s AS activity_type_id,
  coalesce(image.kind.s, 'activity') AS kind,
  image.occurred_at.s AS occurred_at,
  image.recorded_at.s AS recorded_at,
  image.posted_at.s AS posted_at,
  CAST(image.program_version.n AS BIGINT) AS program_version,
  CAST(image.sequence.n AS BIGINT) AS sequence,
  image.outcome.s AS outcome,
  image.reason.s AS reason,
  CAST(image.points.n AS DECIMAL(38, 9)) AS points,
  CAST(image.balance_after.n AS DECIMAL(38, 9)) AS balance_after,
  CAST(coalesce(image.available_after.n, image.balance_after.n) AS DECIMAL(38, 9)) AS available_after,
  CAST(coalesce(image.debt_after.n, '0') AS DECIMAL(38, 9)) AS debt_after
FROM (SELECT coalesce(item, newimage) AS image FROM exported) AS images
WHERE image.item_key.s LIKE 'POSTING#%';

-- The point lines of the postings. One is packed as [points, role, reason, "rule_id:earn", ...].
CREATE OR REPLACE VIEW posting_lines AS
SELECT
  network_id, program_id, program_membership_id, activity_id, kind, posted_at, line_number,
  coalesce((element_at(line.l, 2)).s, line.m.role.s) AS role,
  CAST(coalesce((element_at(line.l, 1)).n, line.m.points.n) AS DECIMAL(38, 9)) AS points,
  coalesce((element_at(line.l, 3)).s, line.m.reason.s) AS reason,
  coalesce(nullif(regexp_extract(sources, '(^| )rule_id:([^ ]*)', 2), ''), line.m.rule_id.s) AS rule_id,
  nullif(regexp_extract(sources, '(^| )bonus_id:([^ ]*)', 2), '') AS bonus_id,
  nullif(regexp_extract(sources, '(^| )quest_id:([^ ]*)', 2), '') AS quest_id,
  nullif(regexp_extract(sources, '(^| )debt:([^ ]*)', 2), '') AS debt
FROM (
  SELECT
    *,
    coalesce((element_at(line.l, 4)).s, '') || ' ' || coalesce((element_at(line.l, 5)).s, '')
      || ' ' || coalesce((element_at(line.l, 6)).s, '') AS sources
  FROM (
    SELECT
      network_id, program_id, program_membership_id, activity_id, kind, posted_at, line_number,
      element_at(packed_lines, line_number) AS line
    FROM (
      SELECT DISTINCT
        image.network_id.s AS network_id,
        image.program_id.s AS program_id,
        image.program_membership_id.s AS program_membership_id,
        image.activity_id.s AS activity_id,
        coalesce(image.kind.s, 'activity') AS kind,
        image.posted_at.s AS posted_at,
        image.lines.l AS packed_lines
      FROM (SELECT coalesce(item, newimage) AS image FROM exported) AS images
      WHERE image.item_key.s LIKE 'POSTING#%'
    ) AS packed
    CROSS JOIN UNNEST(sequence(1, greatest(1, cardinality(packed_lines)))) AS numbers (line_number)
    WHERE line_number <= cardinality(packed_lines)
  ) AS each_line
) AS each_source;

-- What became of the activities that nothing is posted for.
CREATE OR REPLACE VIEW outcomes AS
SELECT DISTINCT
  image.network_id.s AS network_id,
  image.activity_id.s AS activity_id,
  image.outcome.s AS outcome,
  image.recorded_at.s AS recorded_at,
  image.settled_at.s AS settled_at
FROM (SELECT coalesce(item, newimage) AS image FROM exported) AS images
WHERE image.item_key.s = 'OUTCOME';
