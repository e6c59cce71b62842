import { s } from "../core/dom";
import { t } from "../core/text";
import type { LiveServer, NodeState, Phase } from "../core/wire";
import type { Box } from "./layout";

const glyphs: Record<Phase, string> = {
  creating: "◌", waiting: "◔", starting: "◑", healthy: "✓", unhealthy: "▲", exited: "✕", stopped: "■", paused: "‖",
};

/** What the picture knows of a server from its balancer. */
export interface Share { server: LiveServer; share: number; counted: number }

/** One node in the picture: name, state in colour, sign and word, load, and its share of the traffic. */
export class NodeCard {
  readonly element: SVGGElement;
  private readonly hit: SVGRectElement;
  private readonly state = s("text", { class: "node-state" });
  private readonly extra = s("text", {});
  private readonly share = s("g", {});
  private readonly meters = s("g", {});
  private shareFill: SVGRectElement | null = null;
  private shareText: SVGTextElement | null = null;

  constructor(private readonly box: Box, open: (at: Element) => void) {
    const { x, y, w, h, node } = box;
    const press = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(this.hit);
    };
    const name = s("text", { class: "node-name", x: 14, y: h < 56 ? h / 2 + 5 : 20 }, clip(node.name, w - 40, 8.2));
    this.hit = s("rect", { class: "hit", width: w, height: h, rx: 4, tabindex: 0, role: "button", "aria-haspopup": "menu", onkeydown: press, onclick: press });
    this.element = s("g", { class: "node-card", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, s("g", { "aria-hidden": "true" }, s("rect", { class: "face", width: w, height: h, rx: 4 }), s("rect", { class: "edge", width: 4, height: h, rx: 1 }), name, this.state, this.extra, this.meters, this.share,
      ...[0, 5, 10].map((dx) => s("circle", { class: "more", cx: w - 20 + dx, cy: h < 56 ? h / 2 : 15, r: 1.3 }))), this.hit);
  }

  private get small(): boolean { return this.box.h < 56; }

  /** Shows a node's state, and what the balancer says of it when it says something. */
  show(state: NodeState | undefined, share: Share | undefined): void {
    const phase = state?.phase ?? "creating";
    this.element.setAttribute("class", `node-card p-${phase}`);
    const words = `${glyphs[phase]} ${t(`phase.${phase}`)}`;
    this.put(this.state, this.small ? "" : words, 14, 38);
    if (this.small) this.put(this.state, glyphs[phase], this.box.w - 42, this.box.h / 2 + 5);
    this.showShare(share);
    if (!share) this.showMeters(state);
    else this.meters.replaceChildren();
    this.hit.setAttribute("aria-label", this.sentence(words, state, share));
  }

  private put(text: SVGTextElement, words: string, x: number, y: number): void {
    text.textContent = words;
    text.setAttribute("x", String(x));
    text.setAttribute("y", String(y));
  }

  private sentence(words: string, state: NodeState | undefined, share: Share | undefined): string {
    const parts = [this.box.node.name, words.slice(2)];
    if (share) parts.push(t("weight", share.server.weight), share.server.status, `${Math.round(share.share * 100)} %`);
    if (state?.detail) parts.push(state.detail);
    return parts.join(", ");
  }

  private showShare(share: Share | undefined): void {
    const { w, h } = this.box;
    if (!share || h < 46) {
      this.share.replaceChildren();
      this.shareFill = null;
      this.extra.textContent = "";
      return;
    }
    if (!this.shareFill || !this.shareText) {
      this.shareFill = s("rect", { class: "share-fill", x: 14, y: h - 17, height: 7, width: 0, rx: 1 });
      this.shareText = s("text", { class: "share-text", x: w - 10, y: h - 9, "text-anchor": "end" });
      this.share.replaceChildren(s("rect", { class: "share-track", x: 14, y: h - 17, width: w - 66, height: 7, rx: 1 }), this.shareFill, this.shareText);
    }
    this.shareFill.setAttribute("width", ((w - 66) * Math.min(1, share.share)).toFixed(1));
    this.shareText.textContent = share.counted ? `${Math.round(share.share * 100)} %` : "–";
    const status = share.server.status === "UP" ? "" : ` ${share.server.status}`;
    this.put(this.extra, this.small ? "" : `${t("weight.short", share.server.weight)}${status}`, w - 10, 38);
    this.extra.setAttribute("text-anchor", "end");
  }

  private showMeters(state: NodeState | undefined): void {
    const { w, h } = this.box;
    this.extra.textContent = "";
    if (h < 62 || !state || state.phase !== "healthy") {
      this.meters.replaceChildren();
      return;
    }
    const memory = state.limit > 0 ? state.memory / state.limit : 0;
    const half = (w - 34) / 2;
    this.meters.replaceChildren(...meter("cpu", Math.min(1, state.cpu), 14, h - 14, half), ...meter("mem", memory, 20 + half, h - 14, half));
  }
}

function meter(label: string, part: number, x: number, y: number, width: number): SVGElement[] {
  const track = Math.max(8, width - 30);
  return [s("text", { x, y: y + 5, "font-size": 11 }, label), s("rect", { class: "meter-track", x: x + 28, y: y - 1, width: track, height: 5, rx: 1 }),
    s("rect", { class: part > 0.85 ? "meter-fill hot" : "meter-fill", x: x + 28, y: y - 1, width: Math.max(part > 0 ? 1 : 0, track * part), height: 5, rx: 1 })];
}

function clip(name: string, room: number, letter: number): string {
  const fits = Math.max(3, Math.floor(room / letter));
  return name.length > fits ? name.slice(0, fits - 1) + "…" : name;
}
