SELECT date_format(event_date, '%Y-%m') AS month, currency, count(*) AS events, sum(ticket_revenue) AS revenue
FROM transformed
GROUP BY 1, 2
ORDER BY 1, 2
