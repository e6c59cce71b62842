import { h, s } from "../core/dom";
import type { Live, TrafficNews } from "../core/wire";
import type { Session } from "../lesson/session";
import { NodeCard } from "./card";
import { Lane } from "./lane";
import { along, path, plan, type Plan } from "./layout";
import { openNodeMenu } from "./nodemenu";
import { Shares } from "./shares";
import { trafficBar } from "./traffic";

/** The running lab: its nodes, the wires between them, and the requests on the wires. */
export class Picture {
  readonly element: HTMLElement;
  private readonly svg = s("svg", { role: "group" });
  private readonly host = h("div", { class: "picture" });
  private readonly lane = new Lane();
  private readonly shares = new Shares();
  private readonly cards = new Map<string, NodeCard>();
  private readonly wires = new Map<string, SVGPathElement>();
  private readonly numbers: (news: { rate?: number; news?: TrafficNews }) => void;
  private readonly leave: (() => void)[] = [];
  private layout: Plan | null = null;
  private balanced = false;

  constructor(private readonly session: Session) {
    const bar = trafficBar(session);
    this.numbers = bar.show;
    this.host.append(this.svg);
    this.element = h("div", { class: "lab-running" }, bar.element, this.host);
    const size = new ResizeObserver(() => this.draw());
    size.observe(this.host);
    this.leave.push(() => size.disconnect(), session.nodes.watch(() => this.refresh()), session.live.on((l) => this.takeLive(l)), session.trafficNews.on((n) => this.takeTraffic(n)), bar.close);
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
    this.svg.setAttribute("viewBox", `0 0 ${w} ${hgt}`);
    this.svg.replaceChildren(pulli(), s("rect", { width: w, height: hgt, fill: "url(#pulli)" }), this.drawWires(), this.lane.element, this.drawCards());
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
      card.show(state, share);
      const down = share ? !/^(UP|OPEN|no check)/i.test(share.server.status) : state !== undefined && !["healthy", "starting", "creating", "waiting"].includes(state.phase);
      this.wires.get(name)?.classList.toggle("down", down);
    }
  }

  private takeLive(live: Live): void {
    this.balanced = true;
    const fresh = this.shares.take(live, performance.now());
    for (const [name, delta] of fresh) this.lane.send(this.way(name), delta, 220);
    this.numbers({ rate: this.shares.rate });
    this.refresh();
  }

  private takeTraffic(news: TrafficNews): void {
    this.numbers({ news });
    for (const request of news.requests ?? []) {
      const bad = request.status === 0 || request.status >= 500;
      if (bad) this.lane.send(this.way(""), 1, 200, true);
      else if (!this.balanced) this.lane.send(this.way(request.server), 1, 200);
    }
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
