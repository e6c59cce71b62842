import { h, icon } from "../core/dom";
import { call, sentence } from "../core/http";
import { t } from "../core/text";
import { toast } from "../core/toast";
import type { Traffic, TrafficNews } from "../core/wire";
import type { Session } from "../lesson/session";
import { preview } from "./nodemenu";

/** News for the bar: what the balancer counts per second, how many requests a dot stands for, and what came of our traffic. */
export interface Numbers { rate?: number; perDot?: number; news?: TrafficNews }

interface TrafficBar { element: HTMLElement; show: (news: Numbers) => void; close: () => void }

/** The picture's bar: traffic on and off, how fast, what came of it, and the previews. */
export function trafficBar(session: Session): TrafficBar {
  const label = h("span");
  const toggle = h("button", { type: "button", class: "btn tiny", "aria-pressed": "false" });
  const slider = h("input", { type: "range", min: "0.5", max: "50", step: "0.5", "aria-label": t("traffic.rate") });
  const amount = h("output", { class: "num" });
  const numbers = h("span", { class: "num quiet legend push" });
  const set = (change: Partial<Traffic>): void => void call<Traffic>("POST", `${session.base}/traffic`, { ...session.traffic.value, ...change })
    .then((now) => { session.traffic.value = { on: now.on, rate: now.rate }; }).catch((error: unknown) => toast(sentence(error), "bad"));
  toggle.addEventListener("click", () => set({ on: !session.traffic.value.on }));
  slider.addEventListener("input", () => { amount.value = t("traffic.persecond", slider.value); });
  slider.addEventListener("change", () => set({ rate: Number(slider.value) }));
  const close = session.traffic.watch(({ on, rate }) => {
    toggle.setAttribute("aria-pressed", String(on));
    toggle.classList.toggle("act", !on);
    label.textContent = on ? t("traffic.stop") : t("traffic.start");
    toggle.replaceChildren(icon(on ? "pause" : "play"), label);
    slider.value = String(rate);
    amount.value = t("traffic.persecond", rate);
    if (!on) numbers.textContent = "";
  });
  const recent = recentTraffic();
  let quiet = 0;
  const show = (news: Numbers): void => {
    numbers.textContent = recent(news);
    numbers.title = numbers.textContent;
    clearTimeout(quiet);
    quiet = window.setTimeout(() => { numbers.textContent = recent({ rate: 0 }); }, 2500);
  };
  const web = (session.state.topology.nodes ?? []).some((node) => (node.ports ?? []).some((port) => port.scheme !== "tcp"));
  const element = h("div", { class: "pane-tools" }, web ? h("div", { class: "traffic" }, toggle, slider, amount) : null, ...previews(session), numbers);
  return { element, show, close };
}

function previews(session: Session): HTMLElement[] {
  if (!session.state.preview) return [];
  const ports = (session.state.topology.nodes ?? []).flatMap((node) => (node.ports ?? []).filter((p) => p.scheme !== "tcp" && p.name).map((port) => ({ node, port })));
  return ports.slice(0, 3).map(({ node, port }) => h("button", { type: "button", class: "btn tiny plain", title: t("preview.title", node.name, port.number), onclick: () => void preview(session, node.name, port) },
    icon("open"), port.name || `${node.name}:${port.number}`));
}

/** Words about the last seconds of traffic. */
function recentTraffic(): (news: Numbers) => string {
  let window: { at: number; sent: number; failed: number }[] = [];
  let p50 = 0;
  let rate = 0;
  let perDot = 1;
  return (numbers) => {
    const now = performance.now();
    rate = numbers.rate ?? rate;
    perDot = numbers.perDot ?? perDot;
    if (numbers.news) {
      window.push({ at: now, sent: numbers.news.sent, failed: numbers.news.failed });
      p50 = numbers.news.p50_ms || p50;
    }
    window = window.filter((w) => now - w.at < 10_000);
    const sent = window.reduce((sum, w) => sum + w.sent, 0);
    const failed = window.reduce((sum, w) => sum + w.failed, 0);
    const parts = rate ? [t("traffic.persecond", rate) + (perDot >= 1.5 ? ` (${t("traffic.perdot", Math.round(perDot))})` : "")] : [];
    if (sent) parts.push(t(failed ? "traffic.failing" : "traffic.fine", sent, failed, p50.toFixed(1)));
    return parts.join(" · ");
  };
}
