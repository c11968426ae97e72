-- How many users came as far as each stage.
SELECT stage, users FROM (
    SELECT 1 AS place, 'visited' AS stage, count(DISTINCT user_id) AS users FROM clickstreams
    UNION ALL
    SELECT 2, 'viewed', count(DISTINCT user_id) FROM clickstreams WHERE event_type = 'product_view'
    UNION ALL
    SELECT 3, 'carted', count(DISTINCT user_id) FROM clickstreams WHERE event_type = 'add_to_cart'
    UNION ALL
    SELECT 4, 'ordered', count(DISTINCT user_id) FROM orders
)
ORDER BY place
