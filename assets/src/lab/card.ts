import { s } from "../core/dom";
import { t } from "../core/text";
import type { LiveServer, NodeState, Phase } from "../core/wire";
import type { Box } from "./layout";

const glyphs: Record<Phase, string> = {
  creating: "◌", waiting: "◔", starting: "◑", healthy: "✓", unhealthy: "▲", exited: "✕", stopped: "■", paused: "‖",
};

/** What the picture knows of a server from its balancer. */
export interface Share { server: LiveServer; share: number; counted: number }

/** What is known of a node; note is a word about it that fits nowhere else. */
export interface Known { state: NodeState | undefined; share: Share | undefined; note: string }

/** How much room a card has: everything in rows, two rows, or one line. */
type Size = "tall" | "two" | "line";

/** One node in the picture: name, state in colour, sign and word, load, and its share of the traffic. */
export class NodeCard {
  readonly element: SVGGElement;
  private readonly hit: SVGRectElement;
  private readonly state = s("text", { class: "node-state" });
  private readonly extra = s("text", { class: "node-extra" });
  private readonly gauge = s("g", {});
  private readonly size: Size;
  private readonly narrow: boolean;
  private drawn = "";

  constructor(private readonly box: Box, open: (at: Element) => void) {
    const { x, y, w, h, node } = box;
    this.size = h < 40 ? "line" : h < 66 ? "two" : "tall";
    this.narrow = w < 140;
    const press = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(this.hit);
    };
    const top = this.size === "line" ? h / 2 + 5 : this.size === "two" ? 18 : 20;
    const room = this.size === "tall" ? w - 44 : w * (this.narrow ? 0.5 : 0.44);
    const name = s("text", { class: "node-name", x: 14, y: top }, clip(node.name, room, 8.2));
    this.hit = s("rect", { class: "hit", width: w, height: h, rx: 4, tabindex: 0, role: "button", "aria-haspopup": "menu", onkeydown: press, onclick: press });
    this.element = s("g", { class: "node-card", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, s("title", {}, node.name), s("g", { "aria-hidden": "true" },
      s("rect", { class: "face", width: w, height: h, rx: 4 }), s("rect", { class: "edge", width: 4, height: h, rx: 1 }), name, this.state, this.extra, this.gauge,
      ...[0, 5, 10].map((dx) => s("circle", { class: "more", cx: w - 20 + dx, cy: top - 5, r: 1.3 }))), this.hit);
  }

  /** Shows a node's state, what the balancer says of it, and its load. Nothing is drawn that is drawn already. */
  show(known: Known): void {
    const key = JSON.stringify([known.state?.phase, known.share?.share.toFixed(3), known.share?.counted === 0, known.share?.server.status, known.share?.server.weight, known.note, known.state?.faults, load(known.state)]);
    if (key === this.drawn) return;
    this.drawn = key;
    const phase = known.state?.phase ?? "creating";
    this.element.setAttribute("class", `node-card p-${phase}${known.state?.faults ? " suffers" : ""}`);
    const words = t(`phase.${phase}`);
    this.showState(`${glyphs[phase]} ${words}`, known);
    this.gauge.replaceChildren(...(known.share ? this.shareGauge(known.share, Boolean(known.state?.faults)) : this.size === "tall" ? this.meters(known.state) : []));
    this.hit.setAttribute("aria-label", this.sentence(words, known));
  }

  private showState(words: string, { state, share, note }: Known): void {
    const { w, h } = this.box;
    const suffers = state?.faults ? clip(short(state.faults), this.size === "two" ? 54 : w / 2 - 8, 6.4) : "";
    const trouble = share && outOf(share.server.status) ? share.server.status : suffers;
    const said = suffers ? suffers : share ? `${t("weight", share.server.weight)}${plain(share.server.status)}` : note;
    if (this.size === "tall") {
      put(this.state, words, 14, 39, "start");
      if (this.narrow) put(this.extra, h > 88 ? trouble || said : trouble, 14, 55, "start");
      else put(this.extra, said, w - 10, 39, "end");
      return;
    }
    const y = this.size === "line" ? h / 2 + 4.5 : 17.5;
    put(this.state, this.narrow || this.size === "line" ? words[0]! : words, w - 30, y, "end");
    if (this.size === "two" && share && !trouble) put(this.extra, share.server.weight === 1 || this.narrow ? "" : t("weight.short", share.server.weight), 24 + 8.2 * this.box.node.name.length, y, "start");
    else if (this.size === "two") put(this.extra, trouble || note, 14, h - 9, "start");
    else put(this.extra, share || this.narrow ? trouble : note, w - 46, y, "end");
  }

  private sentence(words: string, { state, share, note }: Known): string {
    const parts = [this.box.node.name, words];
    if (share) parts.push(t("weight", share.server.weight), share.server.status, `${Math.round(share.share * 100)} %`);
    if (note) parts.push(note);
    if (state?.faults) parts.push(state.faults);
    if (state?.detail) parts.push(state.detail);
    return parts.join(", ");
  }

  private shareGauge(share: Share, suffers: boolean): SVGElement[] {
    const { w, h } = this.box;
    const trouble = outOf(share.server.status) || suffers;
    if (trouble && this.size === "line") return [];
    const left = this.size === "line" ? w * 0.46 : trouble && this.size === "two" ? 60 : 14;
    const right = this.size === "line" ? w - 48 : w - 10;
    const mid = this.size === "line" ? h / 2 : h - 13;
    const track = Math.max(0, right - left - (this.narrow ? 38 : 44));
    const text = s("text", { class: "share-text", x: right, y: mid + 4.5, "text-anchor": "end" }, share.counted ? `${Math.round(share.share * 100)} %` : "–");
    const bar = (name: string, width: number): SVGElement => s("rect", { class: name, x: left, y: mid - 3.5, width: width.toFixed(1), height: 7, rx: 1 });
    return track < 12 ? [text] : [bar("share-track", track), bar("share-fill", track * Math.min(1, share.share)), text];
  }

  private meters(state: NodeState | undefined): SVGElement[] {
    const { w, h } = this.box;
    if (!state || state.phase !== "healthy") return [];
    const [cpu, memory] = load(state);
    if (this.narrow) return h > 88 ? [...meter("cpu", cpu, 14, h - 30, w - 24), ...meter("mem", memory, 14, h - 14, w - 24)] : [];
    const half = (w - 34) / 2;
    return [...meter("cpu", cpu, 14, h - 14, half), ...meter("mem", memory, 20 + half, h - 14, half)];
  }
}

/** The faults' kinds, after a sign: "⚡ slow, busy". */
function short(faults: string): string {
  return `⚡ ${[...new Set(faults.split("; ").map((f) => t(`fault.${f.split(/[ ,]/)[0]!}.short`)))].join(", ")}`;
}

function load(state: NodeState | undefined): [number, number] {
  if (!state) return [0, 0];
  const whole = (part: number): number => Math.round(Math.min(1, part) * 50) / 50;
  return [whole(state.cpu), whole(state.limit > 0 ? state.memory / state.limit : 0)];
}

/** Whether a balancer's word for a server means that it gets nothing. */
export function outOf(status: string): boolean {
  return !/^(UP|OPEN|no check)/i.test(status);
}

const plain = (status: string): string => (status === "UP" ? "" : ` · ${status}`);

function put(text: SVGTextElement, words: string, x: number, y: number, anchor: string): void {
  text.textContent = words;
  text.setAttribute("x", String(x));
  text.setAttribute("y", String(y));
  text.setAttribute("text-anchor", anchor);
}

function meter(label: string, part: number, x: number, y: number, width: number): SVGElement[] {
  const track = Math.max(8, width - 32);
  return [s("text", { x, y: y + 5, class: "meter-name" }, label), s("rect", { class: "meter-track", x: x + 30, y: y - 1, width: track, height: 5, rx: 1 }),
    s("rect", { class: part > 0.85 ? "meter-fill hot" : "meter-fill", x: x + 30, y: y - 1, width: Math.max(part > 0 ? 1 : 0, track * part), height: 5, rx: 1 })];
}

function clip(name: string, room: number, letter: number): string {
  const fits = Math.max(3, Math.floor(room / letter));
  return name.length > fits ? name.slice(0, fits - 1) + "…" : name;
}
