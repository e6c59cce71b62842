import { find, findAll } from "../core/dom";
import { t } from "../core/text";
import { toast } from "../core/toast";
import type { Session } from "../lesson/session";
import { startClock } from "./clock";
import { startPanel } from "./panel";
import { startSashes } from "./sashes";

/** Brings the right side to life: picture, editor, terminals, and the ways between them. */
export function startBench(bench: HTMLElement, session: Session): void {
  startSashes(bench);
  startViews(bench, session);
  startClock(session);
  const lab = find("[data-pane=lab]", bench);
  if (lab) startPanel(lab, session);
  const editor = find("[data-pane=editor]", bench);
  if (editor && session.state.edit?.length) void import("../editor/editor").then((m) => m.startEditor(editor, session));
  const terminal = find("[data-pane=terminal]", bench);
  if (terminal) void import("../terminal/terminals").then((m) => m.startTerminals(terminal, session));
  session.warning.on((warning) => {
    const extend = { label: t("lab.extend"), press: () => void session.act("extend") };
    toast(warning.message, "warn", warning.fix === "extend" ? extend : undefined);
  });
}

/** On a phone one thing is shown at a time; on small screens editor and terminal share a place. */
function startViews(bench: HTMLElement, session: Session): void {
  bench.dataset.view = "prose";
  bench.dataset.front = bench.dataset.edit !== undefined ? "editor" : "terminal";
  const show = (view: string): void => {
    bench.dataset.view = view;
    if (view === "editor" || view === "terminal") bench.dataset.front = view;
    for (const b of findAll("[data-view]", document.body)) if (b !== bench) b.setAttribute("aria-pressed", String(b.dataset.view === view));
    for (const b of findAll("[data-front-tab]", bench)) b.setAttribute("aria-pressed", String(b.dataset.frontTab === bench.dataset.front));
    dispatchEvent(new Event("resize"));
  };
  for (const b of findAll(".views [data-view]")) b.addEventListener("click", () => show(b.dataset.view ?? "prose"));
  bench.addEventListener("click", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>("[data-front-tab]");
    if (tab) show(tab.dataset.frontTab ?? "editor");
  });
  session.view.on(show);
}
