import { h, icon } from "../core/dom";
import { t } from "../core/text";
import type { Live } from "../core/wire";
import type { Session } from "../lesson/session";
import { haproxyTables } from "./views/haproxy";
import { nodesTable } from "./views/nodes";
import { postgresTables } from "./views/postgres";
import { rabbitTables } from "./views/rabbitmq";
import { redisTables } from "./views/redis";
import { drawTable, type Table } from "./views/table";

const kinds: Record<string, (live: Live) => Table[]> = { haproxy: haproxyTables, postgres: postgresTables, rabbitmq: rabbitTables, redis: redisTables };

/** Name of the view that is about the nodes themselves; no node may be called that. */
const all = "*";

/** The tables below the picture: what the nodes take, and what their software says of itself. */
export class LiveViews {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "live-body" });
  private readonly tabs = new Map<string, HTMLButtonElement>();
  private readonly heard = new Map<string, Live>();
  private readonly leave: (() => void)[];
  private shown = "";
  private drawn = "";

  constructor(private readonly session: Session) {
    const nodes = session.state.topology.nodes ?? [];
    const views = nodes.filter((node) => kinds[node.view]);
    for (const name of [all, ...views.map((node) => node.name)]) this.tabs.set(name, this.tab(name));
    this.element = h("section", { class: "live", "aria-label": t("live.label") }, h("div", { class: "live-tabs", role: "group", "aria-label": t("live.choose") }, ...this.tabs.values()), this.body);
    this.leave = [session.live.on((live) => this.take(live)), session.nodes.watch(() => { if (this.shown === all) this.draw(); })];
    const first = views.find((node) => node.view !== "haproxy"); // The picture itself shows a balancer's shares.
    this.show(first?.name ?? "");
  }

  /** Stops listening. */
  close(): void {
    for (const leave of this.leave) leave();
  }

  private tab(name: string): HTMLButtonElement {
    return h("button", { type: "button", class: "btn tiny plain", "aria-expanded": "false", onclick: () => this.show(this.shown === name ? "" : name) }, icon("chevron"), name === all ? t("live.nodes") : name);
  }

  private show(name: string): void {
    this.shown = name;
    this.drawn = "";
    for (const [tab, button] of this.tabs) button.setAttribute("aria-expanded", String(tab === name));
    this.body.hidden = !name;
    this.body.scrollTop = 0;
    this.draw();
    dispatchEvent(new Event("resize"));
  }

  private take(live: Live): void {
    this.heard.set(live.node, live);
    this.tabs.get(live.node)?.classList.toggle("troubled", Boolean(live.problem));
    if (this.shown === live.node) this.draw();
  }

  /** Draws what changed, and leaves alone what did not. */
  private draw(): void {
    if (!this.shown) return;
    const live = this.heard.get(this.shown);
    const tables = this.shown === all ? [nodesTable(this.session.state.topology.nodes ?? [], this.session.nodes.value)] : live && !live.problem ? (kinds[live.kind]?.(live) ?? []) : [];
    const key = JSON.stringify([this.shown, live?.problem, tables]);
    if (key === this.drawn) return;
    this.drawn = key;
    const notice = live?.problem ? h("p", { class: "notice warn", role: "status" }, t("live.problem", this.shown, live.problem)) : tables.length ? null : h("p", { class: "quiet small" }, t("live.waiting"));
    this.body.replaceChildren(...[notice, ...tables.map(drawTable)].filter((part) => part !== null));
  }
}
