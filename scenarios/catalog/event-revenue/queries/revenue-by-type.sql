SELECT event_type, currency, count(*) AS events, sum(participant_count) AS participants, sum(ticket_revenue) AS revenue
FROM transformed
GROUP BY event_type, currency
ORDER BY event_type, currency
