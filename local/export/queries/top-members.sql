-- The 20 memberships that were awarded most in the period, and by what; what was reversed is taken off.
WITH awarded AS (
  SELECT
    network_id, program_id, program_membership_id, points,
    CASE
      WHEN quest_id IS NOT NULL THEN 'quest ' || quest_id
      WHEN bonus_id IS NOT NULL THEN 'bonus ' || bonus_id
      ELSE 'rule ' || rule_id
    END AS awarded_by
  FROM posting_lines CROSS JOIN export_period
  WHERE posted_at >= since_at AND posted_at < until_at
    AND coalesce(quest_id, bonus_id, rule_id) IS NOT NULL
),
ranked AS (
  SELECT
    network_id, program_id, program_membership_id, sum(points) AS points,
    row_number() OVER (ORDER BY sum(points) DESC, network_id, program_membership_id) AS place
  FROM awarded
  GROUP BY network_id, program_id, program_membership_id
)
SELECT
  ranked.place, network_id, program_id, program_membership_id, ranked.points AS points,
  awarded.awarded_by, sum(awarded.points) AS points_by
FROM ranked JOIN awarded USING (network_id, program_id, program_membership_id)
WHERE ranked.place <= 20
GROUP BY ranked.place, network_id, program_id, program_membership_id, ranked.points, awarded.awarded_by
ORDER BY ranked.place, sum(awarded.points) DESC, awarded.awarded_by
