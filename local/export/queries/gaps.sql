-- Memberships of which earlier postings were not exported. While there are any, liability is not all.
SELECT network_id, program_id, program_membership_id, min(sequence) AS first, max(sequence) AS last
FROM postings
GROUP BY network_id, program_id, program_membership_id
HAVING count(*) <> max(sequence)
ORDER BY network_id, program_id, program_membership_id
