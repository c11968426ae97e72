SELECT country, count(*) AS orders, sum(amount) AS amount
FROM (SELECT DISTINCT * FROM orders)   -- a producer that heard no answer has sent an order again
GROUP BY country
ORDER BY country
