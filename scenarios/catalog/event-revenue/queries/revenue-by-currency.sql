-- Money of different currencies is never added up.
SELECT currency, count(*) AS events, count(ticket_revenue) AS with_revenue, sum(ticket_revenue) AS revenue
FROM transformed
GROUP BY currency
ORDER BY currency
