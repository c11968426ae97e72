-- Events that the inner join dropped, by the track that they name.
SELECT r.track_id, count(*) AS events
FROM raw r
LEFT JOIN processed_data p ON p.uuid = r.uuid
WHERE p.uuid IS NULL
GROUP BY r.track_id
ORDER BY r.track_id
