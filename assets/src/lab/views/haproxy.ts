import { t } from "../../core/text";
import type { Live } from "../../core/wire";
import { outOf } from "../card";
import { perSecond, type Table } from "./table";

/** HAProxy: what comes in, and what each server of each backend gets. */
export function haproxyTables(live: Live): Table[] {
  const backends = (live.backends ?? []).map((backend): Table => ({
    title: t("live.haproxy.backend", backend.name), empty: t("live.none"),
    heads: ["server", "status", "weight", "sessions", "queue", "rate", "total", "errors", "ms"].map((key) => t(`live.haproxy.${key}`)),
    rows: (backend.servers ?? []).map((s) => [
      s.name, { text: s.status, mood: outOf(s.status) ? "bad" : "good" }, s.weight, s.current, { text: String(s.queue), mood: s.queue ? "bad" : undefined, part: undefined },
      perSecond(s.rate), s.total, { text: String(s.errors), mood: s.errors ? "bad" : undefined }, Math.round(s.sessions_ms),
    ]),
  }));
  const fronts: Table = {
    title: t("live.haproxy.frontends"), empty: t("live.none"), heads: ["frontend", "rate", "total"].map((key) => t(`live.haproxy.${key}`)),
    rows: (live.frontends ?? []).map((f) => [f.name, perSecond(f.rate), f.total]),
  };
  return [...backends, fronts];
}
