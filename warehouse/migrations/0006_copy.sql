-- Which posts repeat another: the same text reposted, or sent to several places, is one voice.

create table signature (
    source varchar not null,
    source_id varchar not null,
    bands ubigint[] not null,
    version varchar not null
);
comment on table signature is 'One row per post that was compared with the others and copies none; new posts are compared with these. Key: (source, source_id).';
comment on column signature.source is 'Source of the post.';
comment on column signature.source_id is 'Id of the post within the source.';
comment on column signature.bands is 'Hashes that texts nearly alike have in common (nlp/copies.py); empty where the text is too short, or gone before it could be signed.';
comment on column signature.version is 'Version of the hashes; another version signs the post again.';

create table copy (
    source varchar not null,
    source_id varchar not null,
    of_source varchar not null,
    of_source_id varchar not null,
    similarity double not null check (similarity between 0 and 1)
);
comment on table copy is 'One row per post that says what another said before, word for word or nearly so. Key: (source, source_id). It counts as a post, and its author as the author of the original.';
comment on column copy.source is 'Source of the copy.';
comment on column copy.source_id is 'Id of the copy within the source.';
comment on column copy.of_source is 'Source of the original: the earliest of those compared with each other first; it copies none, and stays the original.';
comment on column copy.of_source_id is 'Id of the original within the source.';
comment on column copy.similarity is 'How alike they were when compared: Jaccard similarity of their runs of three words, 0 to 1; within 0.04 where the text of the original had expired.';
