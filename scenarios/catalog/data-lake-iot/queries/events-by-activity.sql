-- How often each activity was reported, of the events whose track is known.
SELECT activity_type, count(*) AS events, sum(device_temp) AS degrees
FROM processed_data
GROUP BY activity_type
ORDER BY activity_type
