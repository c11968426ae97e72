SELECT country, count(*) AS orders, CAST(sum(amount) AS double) AS amount
FROM sent
GROUP BY country
ORDER BY country
