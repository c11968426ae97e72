-- What people listened to, by artist.
SELECT artist_name, count(*) AS events, count(DISTINCT track_id) AS tracks
FROM processed_data
GROUP BY artist_name
ORDER BY events DESC, artist_name
