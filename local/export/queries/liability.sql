-- Points outstanding at the end of the period, by program, and what moved them since its beginning.
WITH moved AS (
  SELECT
    network_id, program_id, points,
    CASE
      WHEN posted_at < since_at THEN 'before'
      WHEN debt IS NOT NULL THEN 'debt'
      WHEN kind IN ('activity', 'replay') THEN 'issued'
      WHEN kind = 'reversal' THEN 'reversed'
      WHEN kind = 'adjustment' THEN 'adjusted'
      WHEN kind = 'due' THEN 'expired'
      ELSE 'redeemed'
    END AS moved_by
  FROM posting_lines CROSS JOIN export_period
  WHERE posted_at < until_at
)
SELECT
  network_id, program_id,
  coalesce(sum(points) FILTER (WHERE moved_by = 'before'), 0) AS opening,
  coalesce(sum(points) FILTER (WHERE moved_by = 'issued'), 0) AS issued,
  coalesce(sum(points) FILTER (WHERE moved_by = 'reversed'), 0) AS reversed,
  coalesce(sum(points) FILTER (WHERE moved_by = 'adjusted'), 0) AS adjusted,
  coalesce(sum(points) FILTER (WHERE moved_by = 'redeemed'), 0) AS redeemed,
  coalesce(sum(points) FILTER (WHERE moved_by = 'expired'), 0) AS expired,
  coalesce(sum(points) FILTER (WHERE moved_by = 'debt'), 0) AS debt,
  sum(points) AS outstanding
FROM moved
GROUP BY network_id, program_id
ORDER BY network_id, program_id
