import { t } from "../../core/text";
import type { Live } from "../../core/wire";
import { bytes, perSecond, seconds, type Cell, type Table } from "./table";

/** Redis: its memory, how often it had the answer, and its keys with their time left. */
export function redisTables(live: Live): Table[] {
  const server = live.redis;
  if (!server) return [];
  const asked = server.hits + server.misses;
  const memory: Cell = server.max_memory ? { text: `${bytes(server.memory)} / ${bytes(server.max_memory)}`, part: server.memory / server.max_memory } : bytes(server.memory);
  const figures: Table = {
    title: t("live.redis.figures"), empty: "", heads: ["memory", "policy", "hits", "misses", "ratio", "expired", "evicted", "clients", "rate"].map((key) => t(`live.redis.${key}`)),
    rows: [[memory, server.policy, server.hits, server.misses, asked ? `${Math.round((100 * server.hits) / asked)} %` : "–", server.expired, { text: String(server.evicted), mood: server.evicted ? "bad" : undefined }, server.clients, perSecond(server.rate)]],
  };
  const longest = Math.max(1, ...server.keys.map((k) => k.ttl_ms));
  const keys: Table = {
    title: t("live.redis.keys"), note: t("live.redis.ofkeys", server.keys.length, server.size), empty: t("live.redis.nokeys"), heads: ["key", "type", "ttl", "memory"].map((key) => t(`live.redis.${key}`)),
    rows: server.keys.map((k) => [k.name, k.type, k.ttl_ms < 0 ? { text: t("live.redis.forever"), mood: "quiet" as const } : { text: seconds(k.ttl_ms / 1000), part: k.ttl_ms / longest }, bytes(k.memory)]),
  };
  return [figures, keys];
}
