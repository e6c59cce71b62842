import { button, find, findAll, h } from "../core/dom";
import { sentence } from "../core/http";
import { copied } from "../core/site";
import { hasText, t } from "../core/text";
import { toast } from "../core/toast";
import type { Session } from "./session";

/** Gives the lesson's code blocks their buttons. */
export function dressBlocks(session: Promise<Session | null>, hasLab: boolean): void {
  for (const alert of findAll(".alert[aria-label]")) nameAlert(alert);
  for (const block of findAll("figure.block")) dress(block, session, hasLab);
}

/** An alert's title is its kind, in the reader's language. */
function nameAlert(alert: HTMLElement): void {
  const key = `alert.${alert.getAttribute("aria-label") ?? ""}`;
  if (hasText(key)) alert.setAttribute("aria-label", t(key));
}

function dress(block: HTMLElement, session: Promise<Session | null>, hasLab: boolean): void {
  const pre = find("pre", block);
  if (!pre) return;
  const { run, file, node, lang, outputOf } = block.dataset;
  const bar = h("div", { class: "block-tools" });
  const code = (): string => (pre.textContent ?? "").replace(/\n$/, "");
  if (outputOf !== undefined) {
    bar.append(h("span", {}, t("block.output")));
    block.prepend(bar);
    return;
  }
  bar.append(h("span", { class: "where" }, file ?? (run && node ? t("block.on", node) : (lang === "text" ? "" : lang ?? ""))));
  if (run && hasLab) bar.append(button(t("run"), { icon: "play", class: "tiny act", title: t("run.title"), press: () => void typeIt(session, node ?? "", forShell(code(), lang)) }));
  if (file && hasLab) bar.append(button(t("put"), { icon: "into", class: "tiny", title: t("put.title", file), press: () => void putIt(session, file, code()) }));
  const copy = button(t("copy"), { icon: "copy", class: "tiny plain", press: () => void copied(copy, code()) });
  bar.append(copy);
  pre.before(bar);
}

/** The code as a shell takes it: Python's lines are handed to Python. */
function forShell(code: string, lang?: string): string {
  return lang === "python" ? `python3 - <<'END'\n${code}\nEND` : code;
}

/** Types code into a terminal of node, or says why that cannot be done now. */
export async function typeIt(session: Promise<Session | null>, node: string, code: string): Promise<void> {
  const ready = await session;
  if (!ready?.typist || ready.lab.value?.state !== "running") {
    toast(t("run.nolab"), "warn", ready ? { label: t("lab.start"), press: () => void startLab(ready) } : undefined);
    return;
  }
  ready.view.tell("terminal");
  await ready.typist.type(node || ready.state.shell, code).catch((error: unknown) => toast(sentence(error), "bad"));
}

async function startLab(session: Session): Promise<void> {
  session.view.tell("lab");
  await session.act("start").catch((error: unknown) => toast(sentence(error), "bad"));
}

async function putIt(session: Promise<Session | null>, file: string, text: string): Promise<void> {
  const ready = await session;
  if (!ready?.scribe) {
    toast(t("put.noeditor"), "warn");
    return;
  }
  ready.view.tell("editor");
  await ready.scribe.put(file, text);
}
