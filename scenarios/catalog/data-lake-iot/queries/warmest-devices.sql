-- The devices that reported 40 degrees most often.
SELECT device_id, count(*) AS reports
FROM raw
WHERE device_temp = 40
GROUP BY device_id
ORDER BY reports DESC, device_id
LIMIT 10
