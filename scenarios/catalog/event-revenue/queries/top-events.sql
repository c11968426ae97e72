-- The ten best-selling events of each currency.
SELECT currency, place, event_id, ticket_revenue
FROM (
    SELECT currency, event_id, ticket_revenue,
           row_number() OVER (PARTITION BY currency ORDER BY ticket_revenue DESC, event_id) AS place
    FROM transformed
    WHERE ticket_revenue IS NOT NULL
) ranked
WHERE place <= 10
ORDER BY currency, place
