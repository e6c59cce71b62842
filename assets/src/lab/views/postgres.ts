import { t } from "../../core/text";
import type { Live, Postgres } from "../../core/wire";
import { bytes, seconds, type Table } from "./table";

/** PostgreSQL: where its WAL is, who follows, who is connected, who waits for whom, and what the tables take. */
export function postgresTables(live: Live): Table[] {
  const server = live.postgres;
  if (!server) return [];
  const tables = [wal(server), sessions(server), sizes(server)];
  if (server.locks.length) tables.splice(2, 0, locks(server));
  if (!server.replica) tables.splice(1, 0, replicas(server));
  return tables;
}

function wal(server: Postgres): Table {
  const rows: Table["rows"] = server.replica
    ? [[t("live.pg.received"), server.received], [t("live.pg.replayed"), server.lsn], [t("live.pg.behind"), { text: seconds(server.lag_s), mood: server.lag_s > 5 ? "bad" : "good" }]]
    : [[t("live.pg.position"), server.lsn], [t("live.pg.written"), bytes(server.bytes)], [t("live.pg.archived"), server.archived + (server.last_wal ? ` · ${server.last_wal}` : "")]];
  if (server.failed_wal) rows.push([t("live.pg.failed"), { text: String(server.failed_wal), mood: "bad" }]);
  return { title: t("live.pg.wal"), note: t(server.replica ? "live.pg.isreplica" : "live.pg.isprimary"), heads: heads("what", "now"), rows, empty: "" };
}

function replicas(server: Postgres): Table {
  return {
    title: t("live.pg.replicas"), empty: t("live.pg.noreplicas"), heads: heads("replica", "state", "sync", "replayed", "behind"),
    rows: server.replicas.map((r) => [r.name, { text: r.state, mood: r.state === "streaming" ? "good" : "bad" }, r.sync, r.replayed || "–", { text: bytes(r.behind), mood: r.behind > 1 << 20 ? "bad" : undefined }]),
  };
}

function sessions(server: Postgres): Table {
  return {
    title: t("live.pg.sessions"), note: t("live.pg.ofmost", server.sessions.length, server.max_connections), empty: t("live.pg.nosessions"), heads: heads("pid", "user", "app", "state", "wait", "for", "query"),
    rows: server.sessions.map((s) => [s.pid, s.user, s.app || "–", s.state || "–",
      s.blocked.length ? { text: t("live.pg.blockedby", s.blocked.join(", ")), mood: "bad" } : s.wait || "–", s.seconds ? seconds(s.seconds) : "–", { text: s.query, mood: "quiet" }]),
  };
}

function locks(server: Postgres): Table {
  return {
    title: t("live.pg.locks"), empty: "", heads: heads("pid", "table", "mode", "state"),
    rows: server.locks.map((l) => [l.pid, l.table, l.mode, { text: t(l.granted ? "live.pg.holds" : "live.pg.waits"), mood: l.granted ? undefined : "bad" }]),
  };
}

function sizes(server: Postgres): Table {
  const largest = Math.max(1, ...server.tables.map((x) => x.size));
  return {
    title: t("live.pg.tables"), note: `${server.database} · ${bytes(server.size)}`, empty: t("live.pg.notables"), heads: heads("table", "kind", "rows", "dead", "size"),
    rows: server.tables.map((x) => [x.name, x.kind ? t(`live.pg.${x.kind}`) : "–", x.rows, x.dead, { text: bytes(x.size), part: x.size / largest }]),
  };
}

const heads = (...keys: string[]): string[] => keys.map((key) => t(`live.pg.${key}`));
