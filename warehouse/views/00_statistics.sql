-- Formulas that several views share. Every interval of the warehouse is a 90 % one: from the 5th to the 95th percent.

-- Quantile of a Gamma distribution with the given shape and rate 1, by Wilson and Hilferty (1931, PNAS 17): the cube
-- root of a Gamma variable is nearly normal. z is the normal quantile (1.645 for 95 %). At shape 0.5, the smallest we
-- use, the upper bound is 2 % short of the exact one; at shape 5 both are within 0.5 %.
create or replace macro gamma_quantile(shape, z) as
    shape * pow(greatest(1 - 1 / (9 * shape) + z / (3 * sqrt(shape)), 0), 3);
comment on macro gamma_quantile is 'Quantile of a Gamma distribution of this shape and rate 1 (Wilson-Hilferty).';

-- Rate per 1,000 mentions: n people of n_mentions, as a Poisson rate with Jeffreys' prior Gamma(1/2, 0), whose posterior
-- is Gamma(n + 1/2, n_mentions); cut at everybody above, and at nobody below where
-- nobody was counted. Null without mentions.
create or replace macro rate_per_1000(n, n_mentions) as
    1000 * n / nullif(n_mentions, 0);
comment on macro rate_per_1000 is 'People per 1,000 mentions.';
create or replace macro rate_low(n, n_mentions) as
    1000 * if(n = 0, 0, gamma_quantile(n + 0.5, -1.6448536)) / nullif(n_mentions, 0);
comment on macro rate_low is 'Lower end of the 90 % interval of a rate per 1,000 mentions.';
create or replace macro rate_high(n, n_mentions) as
    1000 * least(gamma_quantile(n + 0.5, 1.6448536), n_mentions) / nullif(n_mentions, 0);
comment on macro rate_high is 'Upper end of the 90 % interval of a rate per 1,000 mentions.';

-- Ratio of two Poisson rates, shrunk toward 1. Both rates get the same prior, Gamma(2, 2 / r), where r is the rate of
-- both periods together: two people's worth of "nothing has changed". The posteriors are Gamma(2 + n, 2 / r + n_mentions).
-- The logarithm of a Gamma(a, b) variable is nearly normal with mean ln((a - 1/2) / b) and variance 1 / (a - 1/2), so the
-- ratio is nearly log-normal: this is its median, and shrunk_ratio_spread the factor to its 90 % bounds. (The idea is
-- the Gamma-Poisson shrinker of DuMouchel 1999, The American Statistician 53, with both counts taken as uncertain.)
-- Null where a period has no mentions or nobody raised it in either.
create or replace macro shrunk_ratio(n_late, mentions_late, n_early, mentions_early) as
    if(mentions_late > 0 and mentions_early > 0 and n_late + n_early > 0,
        (n_late + 1.5) / (2.0 * (mentions_late + mentions_early) / (n_late + n_early) + mentions_late)
        / ((n_early + 1.5) / (2.0 * (mentions_late + mentions_early) / (n_late + n_early) + mentions_early)),
        null);
comment on macro shrunk_ratio is 'Ratio of a late rate to an early one, shrunk toward 1 (Gamma-Poisson).';
create or replace macro shrunk_ratio_spread(n_late, n_early) as
    exp(1.6448536 * sqrt(1 / (n_late + 1.5) + 1 / (n_early + 1.5)));
comment on macro shrunk_ratio_spread is 'shrunk_ratio divided and multiplied by this gives its 90 % interval.';

-- A share drawn toward the market's by a Beta prior worth 20 detractors: a brand with 20 detractors is believed half, one
-- with 200 nearly wholly. The posterior mean of Beta(20 m, 20 (1 - m)) after n of n_total.
create or replace macro shrunk_share(n, n_total, market_share) as
    (n + 20 * market_share) / (n_total + 20);
comment on macro shrunk_share is 'Share n of n_total, shrunk toward the market share (Beta prior worth 20 people).';

-- The two halves of Ulwick's opportunity (What Customers Want, 2005), each 0 to 10.
create or replace macro importance_of(share, largest_share) as
    coalesce(10 * (share / nullif(largest_share, 0)), 0);
comment on macro importance_of is 'Importance, 0 to 10: a share against the largest of the brand.';
create or replace macro satisfaction_of(mean_intensity, hurt_share) as
    10 * (1 - least(mean_intensity + hurt_share / 2, 1));
comment on macro satisfaction_of is 'Satisfaction, 0 to 10: none is left at full intensity.';
create or replace macro opportunity_of(importance, satisfaction) as
    importance + greatest(importance - satisfaction, 0);
comment on macro opportunity_of is 'Ulwick''s opportunity, 0 to 20.';

-- How often a person is drawn in a replicate of the bootstrap: a Poisson(1) variable, made from a hash instead of a
-- random number, so that it is the same on every run and one person weighs the same in every theme. salt is hash() of
-- the replicate's number; hash(seed, replicate) is not used, since its values are correlated (tried, 1.5.5).
create or replace macro uniform_draw(seed, salt) as
    hash(xor(seed, salt)) / 18446744073709551616.0;
comment on macro uniform_draw is 'Uniform variable between 0 and 1, fixed by a person''s seed and a replicate''s salt.';
-- The steps are the cumulative probabilities of Poisson(1); 8 stands for 8 and more (once in 100,000).
create or replace macro poisson_weight(draw) as case
    when draw < 0.36787944117144233 then 0
    when draw < 0.7357588823428847 then 1
    when draw < 0.9196986029286058 then 2
    when draw < 0.9810118431238462 then 3
    when draw < 0.9963401531726563 then 4
    when draw < 0.9994058151824183 then 5
    when draw < 0.999916758850712 then 6
    when draw < 0.9999897508033253 then 7
    else 8
end;
comment on macro poisson_weight is 'Poisson(1) variable of a uniform one.';

-- Periods are half-open: [since_at, before_at). In microseconds, so that no time zone bends them.
create or replace macro period_before(since_at, before_at) as
    make_timestamptz(2 * epoch_us(since_at) - epoch_us(before_at));
comment on macro period_before is 'Begin of the period of the same length that ends where this one begins.';
create or replace macro period_middle(since_at, before_at) as
    make_timestamptz((epoch_us(since_at) + epoch_us(before_at)) // 2);
comment on macro period_middle is 'The middle of a period.';
