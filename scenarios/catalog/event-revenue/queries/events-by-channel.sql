SELECT sales_channel, count(*) AS events, sum(participant_count) AS participants
FROM transformed
GROUP BY sales_channel
ORDER BY sales_channel
