-- Eight of twelve questions of an analyst; the others are in questions.py. As an analyst of `content-pipeline analysts
-- create`: psql "$ANALYTICS_URL" -f examples/questions.sql

-- 1. When is the best time to post?
-- Against what is usual for the account, so that a large account does not outvote a small one. Posts younger than two
-- days have not had their views yet.
-- By weekday, and in another time zone: group by extract(isodow from published_at at time zone 'Europe/Berlin').
select published_hour, count(*) as posts,
       round(exp(avg(ln(views + 1) - usual))::numeric, 2) as times_usual
from (
    select *, avg(ln(views + 1)) over (partition by account_id) as usual
    from posts
    where views is not null and read_at > published_at + interval '2 days'
) as ripe
group by published_hour
having count(*) >= 3
order by times_usual desc;

-- 2. Does the caption style change the reach?
select platform, caption_style, count(*) as posts,
       percentile_cont(0.5) within group (order by reach) as median_reach,
       round(avg(100.0 * reach / nullif(views, 0)), 1) as reach_percent_of_views
from posts
where reach is not null and caption_style is not null
group by platform, caption_style
order by platform, reach_percent_of_views desc;

-- 3. Which hooks hold?
-- The share of the video that one view lasts, for posts that begin with the same sentence. TikTok gives no watch time.
select hook, count(*) as posts, sum(views) as views,
       round((sum(seconds_watched) / sum(views * duration_seconds))::numeric, 2) as held
from (select *, coalesce(watch_seconds, average_view_seconds * views) as seconds_watched from posts) as watched
where seconds_watched is not null and duration_seconds > 0 and views > 0
group by hook
order by held desc
limit 20;

-- 5. How many followers does a post bring?
-- Followers gained on days with a post of the account, against the days without.
select platform, made.account_id is not null as with_post, count(*) as days,
       round(avg(followers_gained), 1) as followers_gained
from daily_account_metrics
left join (select distinct account_id, published_day as day from posts) as made using (account_id, day)
where followers_gained is not null
group by platform, with_post
order by platform, with_post;

-- 6. How do the platforms grow, week over week?
select platform, week_start, views,
       round(100.0 * views / nullif(lag(views) over (partition by platform order by week_start), 0) - 100, 1) as percent
from (
    select platform, week_start, sum(views) as views
    from daily_account_metrics join days using (day)
    group by platform, week_start
    having count(distinct day) = 7
) as weeks
order by platform, week_start;

-- 8. Which twin does better?
-- Views against what is usual on the account, and how sure that is: the range in which 95 of 100 such means would lie.
select twin_name, count(*) as posts, round(exp(avg(score))::numeric, 2) as times_usual,
       round(exp(avg(score) - 1.96 * stddev_samp(score) / sqrt(count(*)))::numeric, 2) as at_least,
       round(exp(avg(score) + 1.96 * stddev_samp(score) / sqrt(count(*)))::numeric, 2) as at_most
from (
    select twin_name, ln(views + 1) - avg(ln(views + 1)) over (partition by account_id) as score
    from posts
    where views is not null and not external
) as scored
group by twin_name
order by times_usual desc;

-- 10. What was made elsewhere, and what has vanished?
select platform, count(*) as posts,
       count(*) filter (where external) as made_elsewhere,
       round(100.0 * sum(views) filter (where external) / nullif(sum(views), 0), 1) as percent_of_views,
       count(*) filter (where vanished_at is not null) as vanished
from posts
group by platform
order by platform;

-- 11. Which figures are estimated?
select platform, month, count(*) as days,
       count(*) filter (where estimated) as estimated,
       count(*) filter (where reported) as reported,
       count(*) filter (where stated) as stated
from daily_account_metrics join days using (day)
group by platform, month
order by platform, month;
