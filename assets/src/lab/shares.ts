import type { Live, LiveServer } from "../core/wire";
import type { Share } from "./card";

const windowMs = 30_000;

/** How the requests of the last half minute were shared out; begins anew when the balancer does. */
export class Shares {
  private counted: { at: number; name: string; delta: number }[] = [];
  private servers = new Map<string, LiveServer>();
  private pid = 0;
  rate = 0;

  /** Takes the balancer's news and returns each server's new requests. */
  take(live: Live, now: number): Map<string, number> {
    if (live.pid !== this.pid) this.counted = [];
    this.pid = live.pid;
    const fresh = new Map<string, number>();
    this.servers = new Map();
    for (const server of (live.backends ?? []).flatMap((b) => b.servers ?? [])) {
      this.servers.set(server.name, server);
      if (server.delta <= 0) continue;
      fresh.set(server.name, (fresh.get(server.name) ?? 0) + server.delta);
      this.counted.push({ at: now, name: server.name, delta: server.delta });
    }
    this.counted = this.counted.filter((c) => now - c.at < windowMs);
    this.rate = (live.frontends ?? []).reduce((sum, f) => sum + f.rate, 0);
    return fresh;
  }

  /** The server's share, or undefined when the balancer does not know it. */
  of(name: string): Share | undefined {
    const server = this.servers.get(name);
    if (!server) return undefined;
    let all = 0;
    let own = 0;
    for (const c of this.counted) {
      all += c.delta;
      if (c.name === name) own += c.delta;
    }
    return { server, share: all ? own / all : 0, counted: all };
  }
}
