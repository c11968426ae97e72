SELECT country, count(*) AS orders, sum(amount) AS amount
FROM orders
GROUP BY country
ORDER BY country
