-- How many users ordered twice, three times and so on.
SELECT orders, count(*) AS users
FROM (SELECT user_id, count(*) AS orders FROM orders GROUP BY user_id)
WHERE orders >= 2
GROUP BY orders
ORDER BY orders
