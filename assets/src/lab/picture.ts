import { h, s } from "../core/dom";
import type { Live, TrafficNews } from "../core/wire";
import type { Session } from "../lesson/session";
import { t } from "../core/text";
import { NodeCard, outOf } from "./card";
import { Lane, type Trip } from "./lane";
import { along, path, plan, type Plan } from "./layout";
import { openNodeMenu } from "./nodemenu";
import { Shares } from "./shares";
import { trafficBar, type Numbers } from "./traffic";
import { LiveViews } from "./views";

/** The running lab: its nodes, the wires between them, and the requests on the wires. */
export class Picture {
  readonly element: HTMLElement;
  private readonly svg = s("svg", { role: "group" });
  private readonly host = h("div", { class: "picture" });
  private readonly lane = new Lane();
  private readonly shares = new Shares();
  private readonly cards = new Map<string, NodeCard>();
  private readonly wires = new Map<string, SVGPathElement>();
  private readonly numbers: (news: Numbers) => void;
  private readonly leave: (() => void)[] = [];
  private layout: Plan | null = null;
  private balanced = false;

  constructor(private readonly session: Session) {
    const bar = trafficBar(session);
    this.numbers = bar.show;
    this.host.append(this.svg);
    const views = new LiveViews(session);
    this.element = h("div", { class: "lab-running" }, bar.element, this.host, views.element);
    const size = new ResizeObserver(() => this.draw());
    size.observe(this.host);
    this.leave.push(() => size.disconnect(), session.nodes.watch(() => this.refresh()), session.live.on((l) => this.takeLive(l)), session.trafficNews.on((n) => this.takeTraffic(n)), bar.close, () => views.close());
  }

  /** Stops listening and drawing. */
  close(): void {
    for (const leave of this.leave) leave();
    this.lane.clear();
  }

  private draw(): void {
    const { clientWidth: w, clientHeight: hgt } = this.host;
    if (!w || !hgt) return;
    this.lane.clear();
    this.layout = plan(this.session.state.topology.nodes ?? [], w, hgt);
    const tall = this.layout.height;
    this.svg.setAttribute("viewBox", `0 0 ${w} ${tall}`);
    this.svg.style.height = tall > hgt ? `${tall}px` : "";
    this.svg.replaceChildren(pulli(), s("rect", { width: w, height: tall, fill: "url(#pulli)" }), this.drawWires(), this.lane.element, this.drawCards());
    this.refresh();
  }

  private drawWires(): SVGGElement {
    const group = s("g", { "aria-hidden": "true" });
    this.wires.clear();
    for (const wire of this.layout?.wires ?? []) {
      const [a, b] = [this.layout?.boxes.get(wire.from), this.layout?.boxes.get(wire.to)];
      if (!a || !b) continue;
      const line = s("path", { class: "wire", d: path(a, b) });
      this.wires.set(wire.to, line);
      group.append(line);
    }
    return group;
  }

  private drawCards(): SVGGElement {
    const group = s("g");
    this.cards.clear();
    for (const [name, box] of this.layout?.boxes ?? []) {
      const card = new NodeCard(box, (at) => openNodeMenu(this.session, box.node, at));
      this.cards.set(name, card);
      group.append(card.element);
    }
    return group;
  }

  private refresh(): void {
    const states = this.session.nodes.value;
    for (const [name, card] of this.cards) {
      const state = states.get(name);
      const share = this.shares.of(name);
      const unused = this.balanced && !share && this.layout?.boxes.get(name)?.node.role === "backend";
      card.show({ state, share, note: unused ? t("node.unused") : "" });
      const wire = this.wires.get(name);
      wire?.classList.toggle("down", share ? outOf(share.server.status) : state !== undefined && !["healthy", "starting", "creating", "waiting"].includes(state.phase));
      wire?.classList.toggle("idle", unused);
    }
  }

  private takeLive(live: Live): void {
    if (live.kind !== "haproxy" || live.problem) return;
    this.balanced = true;
    const fresh = this.shares.take(live, performance.now());
    const perDot = this.lane.send([...fresh].map(([name, count]): Trip => ({ name, count, way: this.way(name) })));
    this.numbers({ rate: this.shares.rate, perDot });
    this.refresh();
  }

  private takeTraffic(news: TrafficNews): void {
    this.numbers({ news });
    const requests = news.requests ?? [];
    const lost = requests.filter((r) => r.status === 0 || r.status >= 500).length;
    this.lane.send([{ name: "lost", count: lost, way: this.way("") }], true);
    if (this.balanced) return;
    const served = new Map<string, number>();
    for (const r of requests) if (r.status > 0 && r.status < 500) served.set(r.server, (served.get(r.server) ?? 0) + 1);
    this.lane.send([...served].map(([name, count]): Trip => ({ name, count, way: this.way(name) })));
  }

  /** The way of a request: from who asks over the balancer to the server; it ends at the balancer without one. */
  private way(server: string): (part: number) => { x: number; y: number } | null {
    return (part) => {
      const boxes = this.layout?.boxes;
      const source = boxes?.get(this.layout?.source ?? "");
      const middle = boxes?.get(this.layout?.balancer ?? "");
      const target = boxes?.get(server);
      const stops = [source, middle, target].filter((b) => b !== undefined);
      if (stops.length < 2) return null;
      const leg = Math.min(stops.length - 2, Math.floor(part * (stops.length - 1)));
      return along(stops[leg]!, stops[leg + 1]!, part * (stops.length - 1) - leg);
    };
  }
}

/** The dots that a kolam is drawn around. */
function pulli(): SVGDefsElement {
  const pattern = s("pattern", { id: "pulli", width: 24, height: 24, patternUnits: "userSpaceOnUse" }, s("circle", { class: "pulli", cx: 12, cy: 12, r: 1.1 }));
  return s("defs", {}, pattern);
}
