/**
 * The tables, as numbered steps. A step that was released is never changed: a change is a further step. UIDs are kept here and nowhere else;
 * names, birth dates and pixels are not kept, except an object's bytes until it is delivered.
 */
export interface Migration {
  readonly version: number;
  readonly what: string;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    what: 'reports, runs, measurements, objects, deliveries, events, reviews, sources and destinations',
    sql: `
      create table caliper.report (
        number bigserial primary key,
        sop_instance_uid text not null unique,
        sop_class_uid text,
        study_instance_uid text not null,
        series_instance_uid text not null,
        digest text,
        amended timestamptz,
        urgency text not null check (urgency in ('today', 'backlog')),
        -- No run was opened for it yet.
        unserved boolean not null default true,
        first_seen timestamptz not null default now()
      );
      create index report_unserved on caliper.report (number) where unserved;

      create table caliper.sighting (
        report bigint not null references caliper.report,
        source text not null,
        study_instance_uid text not null,
        series_instance_uid text not null,
        first_seen timestamptz not null default now(),
        last_seen timestamptz not null default now(),
        primary key (report, source)
      );
      create index sighting_series on caliper.sighting (source, series_instance_uid);

      -- How many instances a series had when it was last searched completely: while the archive answers the same, it is skipped.
      create table caliper.series_count (
        source text not null,
        series_instance_uid text not null,
        instances integer not null,
        counted timestamptz not null default now(),
        primary key (source, series_instance_uid)
      );

      create sequence caliper.fence;

      create table caliper.run (
        id bigserial primary key,
        report bigint not null references caliper.report,
        policy_digest text not null,
        method_digest text not null,
        state text not null default 'seen' check (state in
          ('seen', 'reading', 'segmenting', 'delivering', 'waiting', 'held', 'done', 'refused', 'dead')),
        reason text,
        came_from text,
        cause text not null check (cause in ('sighting', 'amended', 'replay', 'review')),
        urgency text not null check (urgency in ('today', 'backlog')),
        due timestamptz not null default now(),
        attempts integer not null default 0,
        owner text,
        fence bigint,
        lease_until timestamptz,
        opened timestamptz not null default now(),
        changed timestamptz not null default now(),
        reading jsonb,
        unique (report, policy_digest, method_digest),
        check (state <> 'waiting' or came_from is not null)
      );
      create index run_due on caliper.run (urgency desc, due, id)
        where state in ('seen', 'reading', 'segmenting', 'delivering', 'waiting');
      create index run_opened on caliper.run (report, opened desc, id desc);

      create table caliper.object (
        number bigserial primary key,
        sop_instance_uid text not null unique,
        series_instance_uid text not null,
        study_instance_uid text not null,
        run bigint not null references caliper.run,
        kind text not null check (kind in ('segmentation', 'result-report')),
        digest text not null,
        bytes bytea,
        segments jsonb not null,
        warnings jsonb not null,
        created timestamptz not null default now()
      );
      create index object_run on caliper.object (run);

      create table caliper.measurement (
        run bigint not null references caliper.run,
        key text not null,
        position integer not null,
        outcome text check (outcome in
          ('stored', 'already-stored', 'stored-unconfirmed', 'would-store', 'held', 'skipped', 'failed')),
        reason text,
        rule text,
        method text,
        agreement double precision,
        findings jsonb not null,
        tracking_uid text,
        object bigint references caliper.object,
        -- Where the object is none of this ledger's: one that was at the destination already.
        seg_uid text,
        segment_number integer,
        primary key (run, key)
      );
      create index measurement_object on caliper.measurement (object);

      create table caliper.delivery (
        id bigserial primary key,
        object bigint not null references caliper.object,
        destination text not null,
        state text not null default 'due' check (state in
          ('due', 'looking', 'storing', 'confirming', 'waiting', 'held', 'stored', 'already-stored', 'stored-unconfirmed',
           'would-store', 'refused', 'dead')),
        reason text,
        came_from text,
        due timestamptz not null default now(),
        attempts integer not null default 0,
        changed timestamptz not null default now(),
        unique (object, destination),
        check (state <> 'waiting' or came_from is not null)
      );

      create table caliper.event (
        id bigserial primary key,
        at timestamptz not null default now(),
        run bigint not null references caliper.run,
        delivery bigint references caliper.delivery,
        from_state text,
        to_state text not null,
        reason text,
        by text
      );
      create index event_run on caliper.event (run, id);
      create index event_at on caliper.event (at);

      create table caliper.review (
        id bigserial primary key,
        report bigint not null references caliper.report,
        measurement_key text,
        decision text not null check (decision in ('accepted', 'rejected', 'look-again')),
        by text not null,
        at timestamptz not null default now()
      );
      create index review_report on caliper.review (report, id);

      -- Sources and destinations: the configured mode, a pause that lasts through restarts, and when it first was live.
      create table caliper.archive_role (
        role text not null check (role in ('source', 'destination')),
        name text not null,
        configured text not null check (configured in ('live', 'shadow', 'paused')),
        paused_reason text,
        first_live timestamptz,
        primary key (role, name)
      );
    `,
  },
  {
    version: 2,
    what: 'what decides whether a report counts: documents, key object notes, and reports that no longer count',
    sql: `
      create index report_study on caliper.report (study_instance_uid);

      -- What of a report that was read decides whether it counts; what identifies a patient or a reader is in it as a digest alone.
      create table caliper.document (
        report bigint primary key references caliper.report,
        predecessors text[] not null,
        identical_documents text[] not null,
        content_date_time text,
        completeness text not null check (completeness in ('finished', 'partial', 'preliminary')),
        content text,
        places jsonb not null
      );
      create index document_predecessors on caliper.document using gin (predecessors);
      create index document_identical on caliper.document using gin (identical_documents);
      create index document_content on caliper.document (content) where content is not null;

      -- Key object documents that were read, and what they reject; those of another title reject nothing.
      create table caliper.key_object (
        sop_instance_uid text primary key,
        rejects text[] not null,
        read timestamptz not null default now()
      );
      create index key_object_rejects on caliper.key_object using gin (rejects);

      -- Reports that no longer count, whatever was stored for them before.
      create table caliper.outdated (
        report bigint primary key references caliper.report,
        reason text not null,
        by_uid text not null,
        since timestamptz not null default now()
      );
    `,
  },
  {
    version: 3,
    what: 'rejection notes of our own, what was noted where, and runs by a method that somebody asked for',
    sql: `
      alter table caliper.object drop constraint object_kind_check;
      alter table caliper.object add constraint object_kind_check check (kind in ('segmentation', 'result-report', 'rejection-note'));

      -- When it was made last: objects that were made together have the same moment.
      alter table caliper.object add column made timestamptz not null default now();

      -- Destinations at which what is stored for the report was looked after.
      alter table caliper.outdated add column noted text[] not null default '{}';

      -- Of a replay that names its method: the method, its bundle, and what becomes of what is replaced.
      alter table caliper.run add column again jsonb;
    `,
  },
  {
    version: 4,
    what: 'what people chose for held measurements, and indices of the worklist',
    sql: `
      -- A person's word on a held measurement: one of the contours that were shown, by the digest of its pixels, or none.
      create table caliper.choice (
        id bigserial primary key,
        run bigint not null references caliper.run,
        measurement_key text not null,
        candidate text not null,
        mask_sha256 text,
        by text not null,
        at timestamptz not null default now(),
        -- The contour could not be made again as it was shown: the measurement is held again, and somebody may choose anew.
        stale boolean not null default false
      );
      create unique index choice_first on caliper.choice (run, measurement_key) where not stale;

      create index measurement_outcome on caliper.measurement (outcome, run);
      create index measurement_reason on caliper.measurement (reason, run) where reason is not null;
      create index sighting_first_seen on caliper.sighting (source, first_seen);
      create index report_first_seen on caliper.report (first_seen);
      create index run_changed on caliper.run (changed);
    `,
  },
  {
    version: 5,
    what: 'what each archive was asked for, by the hour',
    sql: `
      -- All processes together; a row is only ever added to. Names of archives are those of the configuration.
      create table caliper.archive_load (
        archive text not null,
        hour timestamptz not null,
        kind text not null check (kind in ('search', 'metadata', 'retrieve', 'store')),
        requests bigint not null,
        failures bigint not null,
        sent_bytes bigint not null,
        received_bytes bigint not null,
        took_ms bigint not null,
        primary key (archive, hour, kind)
      );
      create index archive_load_hour on caliper.archive_load (hour);
    `,
  },
  {
    version: 6,
    what: 'the worklist by the day on which a report was first seen, a page at a time',
    sql: `
      drop index caliper.report_first_seen;
      create index report_first_seen on caliper.report (first_seen, number);
    `,
  },
  {
    version: 7,
    what: 'which reports were there before their archive was watched',
    sql: `
      -- Layers of a source (windows of days, months of the calendar) whose search has come to its end once; '*': all, in ledgers that are older.
      create table caliper.searched_layer (
        source text not null,
        layer text not null,
        first_ended timestamptz not null default now(),
        primary key (source, layer)
      );
      insert into caliper.searched_layer (source, layer) select distinct source, '*' from caliper.sighting;

      -- Shown by the first search of a layer: closed studies, perhaps, whatever the ledger then was new for.
      alter table caliper.report add column was_there boolean not null default false;
    `,
  },
  {
    version: 8,
    what: 'reports that are overwritten under their UID, and instances that are not online',
    sql: `
      -- When content and instance were made, as the source's search answered it last ('{}': it answers none of it; null: it was not asked).
      alter table caliper.sighting add column made_at jsonb;
      -- Instance Availability, as answered last.
      alter table caliper.sighting add column availability text;

      -- A source showed it made at another time than before, and it was not read since.
      alter table caliper.report add column overwritten timestamptz;
      create index report_overwritten on caliper.report (number) where overwritten is not null;

      alter table caliper.run drop constraint run_cause_check;
      alter table caliper.run add constraint run_cause_check check (cause in ('sighting', 'amended', 'overwritten', 'replay', 'review'));
      -- How it stood when it was taken up again because its report was overwritten: it stands so again where that was not so.
      alter table caliper.run add column stood jsonb;
    `,
  },
  {
    version: 9,
    what: 'harvests on which several processes work',
    sql: `
      create table caliper.harvest (
        number bigserial primary key,
        -- The folder of the set, by which processes find each other.
        out text not null unique,
        -- What it was begun with.
        record jsonb not null,
        -- ended: the set is there, and something may be had by asking once more.
        state text not null default 'working' check (state in ('working', 'ended', 'complete')),
        -- Pictures that were renamed for the finished set: from, to.
        moves jsonb,
        begun timestamptz not null default now()
      );

      -- Processes that work, each for as long as it says so.
      create table caliper.harvest_worker (
        id bigserial primary key,
        harvest bigint not null references caliper.harvest on delete cascade,
        alive_until timestamptz not null
      );
      create index harvest_worker_harvest on caliper.harvest_worker (harvest);

      -- Windows and reports, each with the worker that has it at hand, or with what came of it.
      create table caliper.harvest_work (
        harvest bigint not null references caliper.harvest on delete cascade,
        name text not null,
        -- Free again when the lease of this worker is over.
        worker bigint,
        entry text,
        -- May be had by asking once more.
        again boolean not null default false,
        primary key (harvest, name)
      );

      -- Who was ever harvested, in pseudonyms, by the fingerprint of the key that made them.
      create table caliper.harvest_patients (
        key text primary key,
        registry text not null
      );
    `,
  },
];
