-- One row of JSON: what the live view shows of a server. The view's own session is left out.
with me as (select pg_is_in_recovery() as replica),
sessions as (
  select pid, usename, application_name, coalesce(state, '') as state,
    coalesce(nullif(concat_ws(': ', wait_event_type, wait_event), 'Client: ClientRead'), '') as wait,
    coalesce(extract(epoch from clock_timestamp() - xact_start), 0) as seconds,
    pg_blocking_pids(pid) as blocked, left(regexp_replace(query, '\s+', ' ', 'g'), 100) as query
  from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> 'pattarai view'
  order by backend_start limit 20
),
waiting as (select unnest(array_append(blocked, pid)) as pid from sessions where blocked <> '{}'),
locks as (
  select l.pid, coalesce(c.relname, l.locktype) as relation, l.mode, l.granted
  from pg_locks l left join pg_class c on c.oid = l.relation
  where l.pid in (select pid from waiting) and l.locktype <> 'virtualxid' and (not l.granted or c.relkind = 'r' or c.relkind is null)
  order by l.granted, l.pid, 2 limit 20
),
replicas as (
  select application_name, state, sync_state, replay_lsn::text as replayed,
    greatest(coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0), 0)::bigint as behind
  from pg_stat_replication where not pg_is_in_recovery() and application_name <> 'pg_basebackup' limit 10
),
tables as (
  select c.relname, case c.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' else '' end as kind,
    coalesce(s.n_live_tup, 0) as live, coalesce(s.n_dead_tup, 0) as dead,
    -- Asking for the size of a table that is locked would wait, as everybody does.
    case when exists (select from pg_locks l where l.relation = c.oid and l.mode = 'AccessExclusiveLock') then c.relpages::bigint * 8192
      else pg_total_relation_size(c.oid) end as size
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_stat_user_tables s on s.relid = c.oid
  where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by size desc, c.relname limit 20
)
select json_build_object(
  'replica', replica,
  'lsn', case when replica then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
  'bytes', case when replica then pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') else pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') end,
  'received', coalesce(pg_last_wal_receive_lsn()::text, ''),
  'lag_s', case when not replica or pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
    else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) end,
  'archived', archived_count, 'last_wal', coalesce(last_archived_wal, ''), 'failed_wal', failed_count,
  'replicas', (select coalesce(json_agg(json_build_object('name', application_name, 'state', state, 'sync', sync_state,
    'replayed', coalesce(replayed, ''), 'behind', behind)), '[]') from replicas),
  'sessions', (select coalesce(json_agg(json_build_object('pid', pid, 'user', coalesce(usename, ''), 'app', application_name, 'state', state,
    'wait', wait, 'seconds', seconds, 'blocked', to_json(blocked), 'query', query)), '[]') from sessions),
  'locks', (select coalesce(json_agg(json_build_object('pid', pid, 'table', relation, 'mode', mode, 'granted', granted)), '[]') from locks),
  'tables', (select coalesce(json_agg(json_build_object('name', relname, 'kind', kind, 'rows', live, 'dead', dead, 'size', size)), '[]') from tables),
  'database', current_database(), 'size', pg_database_size(current_database()),
  'max_connections', current_setting('max_connections')::int
) from me, pg_stat_archiver;
