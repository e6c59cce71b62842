import { button, find, h, icon, withCode } from "../core/dom";
import { sentence } from "../core/http";
import { t } from "../core/text";
import type { Lab, NodeState } from "../core/wire";
import type { Session } from "../lesson/session";
import { Picture } from "./picture";

/** The lab's place: what will start, how far it is, why it failed, or the running picture. */
export function startPanel(pane: HTMLElement, session: Session): void {
  let shown = "";
  let picture: Picture | null = null;
  const draw = (): void => {
    const lab = session.lab.value;
    const mode = modeOf(session, lab);
    if (mode === "running") {
      if (shown !== mode) {
        picture = new Picture(session);
        pane.replaceChildren(picture.element);
      }
    } else {
      picture?.close();
      picture = null;
      const card = h("div", { class: "lab-start", tabindex: "-1" }, ...content(mode, session, lab));
      if (shown === mode && mode === "booting") find(".lab-start", pane)?.replaceChildren(...card.childNodes);
      else pane.replaceChildren(card);
    }
    shown = mode;
  };
  session.lab.watch(draw);
  session.nodes.watch(() => { if (shown === "booting") draw(); });
}

type Mode = "missing" | "idle" | "queued" | "booting" | "running" | "ending" | "failed";

function modeOf(session: Session, lab: Lab | null): Mode {
  if (lab?.state === "running") return "running";
  if (lab?.state === "queued") return "queued";
  if (lab?.state === "creating") return "booting";
  if (lab?.state === "ending") return "ending";
  if (lab?.state === "failed") return "failed";
  return session.state.labs.ok ? "idle" : "missing";
}

function content(mode: Mode, session: Session, lab: Lab | null): HTMLElement[] {
  switch (mode) {
    case "missing": return missing(session);
    case "queued": return queued(session, lab);
    case "booting": return booting(session, lab);
    case "ending": return [h("p", { class: "status is-running" }, icon("spin"), t("lab.ending"))];
    case "failed": return failed(session, lab);
    default: return idle(session, lab);
  }
}

/** A button that starts the lab, how long that takes, and what went wrong when it could not. */
function starter(session: Session, label: string): HTMLElement {
  const usual = session.state.estimate_ms;
  const said = h("span", { class: "quiet small", role: "status" }, usual ? t("lab.usually", seconds(usual)) : "");
  const go = button(label, { icon: "play", class: "act big", press: () => {
    go.disabled = true;
    said.textContent = "";
    said.className = "quiet small";
    session.act("start").catch((error: unknown) => {
      said.textContent = sentence(error);
      said.className = "small is-failed";
    }).finally(() => { go.disabled = false; });
  } });
  return h("p", { class: "row" }, go, said);
}

function idle(session: Session, lab: Lab | null): HTMLElement[] {
  const nodes = session.state.topology.nodes ?? [];
  const list = h("ul", { class: "boot" }, ...nodes.map((n) => h("li", {}, h("span", { class: "name" }, n.name), h("span", { class: "quiet" }, `${t(`role.${n.role}`)} · ${n.image}`))));
  const ended = lab?.state === "ended" ? [h("p", { class: "notice" }, lab.reason || t("lab.ended"))] : [];
  return [h("h2", {}, t("lab.head")), ...ended, starter(session, t("lab.start")), h("p", { class: "small" }, t("lab.what", nodes.length)), list, h("p", { class: "quiet small" }, t("lab.keeps"))];
}

function missing(session: Session): HTMLElement[] {
  const { message, fix } = session.state.labs;
  return [h("h2", {}, t("lab.missing")), h("div", { class: "notice warn" }, h("p", {}, ...withCode(message)), fix ? h("p", {}, ...withCode(fix)) : null), h("p", { class: "quiet" }, t("lab.readon"))];
}

function estimateText(lab: Lab): string {
  return t("lab.estimate", seconds(lab.estimate_ms ?? 0), seconds(lab.p95_ms || lab.estimate_ms || 0));
}

const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000)));

function queued(session: Session, lab: Lab | null): HTMLElement[] {
  const leave = button(t("lab.leave"), { press: () => void session.act("end") });
  return [h("h2", {}, lab?.position ? t("lab.position", lab.position) : t("lab.waiting")), h("progress", { class: "progressbar", "aria-label": t("lab.waiting") }),
    h("p", {}, t("lab.queue")), lab?.estimate_ms ? h("p", { class: "quiet small" }, t("lab.wait", seconds(lab.estimate_ms))) : h("span"), h("p", {}, leave)];
}

function booting(session: Session, lab: Lab | null): HTMLElement[] {
  const names = (session.state.topology.nodes ?? []).map((n) => n.name);
  const states = session.nodes.value;
  const up = names.filter((n) => states.get(n)?.phase === "healthy").length;
  const list = h("ul", { class: "boot" }, ...names.map((n) => bootLine(n, states.get(n))));
  return [h("h2", {}, t("lab.creating")), h("progress", { class: "progressbar", max: Math.max(names.length, 1), value: up, "aria-label": t("lab.creating") }), list,
    h("p", { class: "quiet small" }, lab?.estimate_ms ? estimateText(lab) : t("lab.readon"))];
}

function bootLine(name: string, state: NodeState | undefined): HTMLElement {
  const phase = state?.phase ?? "creating";
  const status = { healthy: "passed", unhealthy: "failed", exited: "failed" }[phase as string] ?? "running";
  const took = phase === "healthy" && state?.took ? t("seconds", (state.took / 1e9).toFixed(1)) : "";
  return h("li", {}, h("span", { class: "name" }, name), h("span", { class: `status is-${status}` }, icon(status === "passed" ? "check" : status === "failed" ? "cross" : "spin"), t(`phase.${phase}`)),
    h("span", { class: "quiet num" }, took || (state?.detail ?? "")));
}

function failed(session: Session, lab: Lab | null): HTMLElement[] {
  const rows: HTMLElement[] = [h("h2", {}, t("lab.failed")), h("div", { class: "notice bad", role: "alert" }, h("p", {}, h("strong", {}, lab?.reason ?? "")), lab?.fix ? h("p", {}, lab.fix) : null)];
  if (lab?.log) rows.push(h("pre", { class: "lab-log", tabindex: "0", "aria-label": t("lab.log") }, lab.log));
  rows.splice(2, 0, starter(session, t("lab.again")));
  return [...rows, h("p", { class: "quiet small" }, t("lab.notyours"))];
}
