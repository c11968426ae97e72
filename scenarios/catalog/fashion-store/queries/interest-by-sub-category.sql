-- What people look at and put into the cart, by category and sub-category.
SELECT p.master_category, p.sub_category,
       count_if(c.event_type = 'product_view') AS views,
       count_if(c.event_type = 'add_to_cart') AS carts
FROM clickstreams c
JOIN products p ON p.id = c.product_id
GROUP BY p.master_category, p.sub_category
ORDER BY p.master_category, p.sub_category
