-- The rhythm of the days, in local time.
SELECT date(event_time) AS day, hour(event_time) AS hour, count(*) AS clicks
FROM clickstreams
GROUP BY date(event_time), hour(event_time)
ORDER BY 1, 2
