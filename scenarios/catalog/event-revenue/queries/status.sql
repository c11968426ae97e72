SELECT status, count(*) AS events
FROM transformed
GROUP BY status
ORDER BY status
