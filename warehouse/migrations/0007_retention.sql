-- Sources whose text may be kept for some days only ([retention] of the watchlist): the counts stay.

alter table post add column expired_at timestamptz;
comment on column post.expired_at is 'When its title, text and URL were dropped, as [retention] of the watchlist says; what was read out of it still counts.';
comment on column post.text is 'Title and body, tidied and redacted. Offsets of quotes count its code points. Empty once deleted or expired.';
comment on column grievance.quote is 'Their own words: exactly text[quote_start:quote_end] of the post; empty, and aspect, problem and expected null, once that has expired.';
comment on column grievance.quote_start is 'First code point of the quote in post.text, from 0; stays when the post expires.';
comment on column grievance.quote_end is 'Code point after the last one of the quote; stays when the post expires.';
