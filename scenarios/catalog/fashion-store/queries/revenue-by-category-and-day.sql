-- What was sold, by day and category.
SELECT date(o.order_date) AS day, p.master_category,
       sum(d.quantity) AS pieces,
       sum(d.quantity * d.unit_price) AS revenue
FROM orders o
JOIN order_details d ON d.order_id = o.id
JOIN products p ON p.id = d.product_id
GROUP BY date(o.order_date), p.master_category
ORDER BY 1, 2
