-- The products that people look at most, and how often they put them into the cart.
SELECT c.product_id, p.product_display_name,
       count_if(c.event_type = 'product_view') AS views,
       count_if(c.event_type = 'add_to_cart') AS carts
FROM clickstreams c
JOIN products p ON p.id = c.product_id
GROUP BY c.product_id, p.product_display_name
ORDER BY views DESC, carts DESC, c.product_id
LIMIT 20
