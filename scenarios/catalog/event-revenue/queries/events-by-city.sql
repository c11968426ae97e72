SELECT country, city, currency, count(*) AS events, sum(ticket_revenue) AS revenue
FROM transformed
GROUP BY country, city, currency
ORDER BY country, city, currency
