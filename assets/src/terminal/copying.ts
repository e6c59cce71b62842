import type { Terminal } from "@xterm/xterm";
import { copyText } from "../core/clipboard";
import { h } from "../core/dom";
import { t } from "../core/text";

/**
 * Copy and paste that work and say how. Ctrl+C copies when text is selected and
 * interrupts otherwise; Ctrl+V and Ctrl+Shift+V paste; a button appears at a selection.
 */
export function addCopying(terminal: Terminal, host: HTMLElement, say: (text: string) => void): void {
  const pill = h("button", { type: "button", class: "copy-pill", hidden: true }, t("term.copy"));
  host.append(pill);
  const copy = async (): Promise<void> => {
    const done = await copyText(terminal.getSelection());
    say(done ? t("term.copied") : t("copy.failed"));
    terminal.clearSelection();
    terminal.focus();
  };
  pill.addEventListener("pointerdown", (event) => event.preventDefault());
  pill.addEventListener("click", () => void copy());
  let at = { x: 0, y: 0 };
  host.addEventListener("pointerup", (event) => {
    const box = host.getBoundingClientRect();
    at = { x: event.clientX - box.left, y: event.clientY - box.top };
    place(pill, at, host);
  });
  terminal.onSelectionChange(() => {
    pill.hidden = !terminal.hasSelection();
    place(pill, at, host);
  });
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown") return true;
    const key = event.key.toLowerCase();
    const held = event.ctrlKey && !event.altKey && !event.metaKey;
    if (held && key === "c" && terminal.hasSelection()) {
      event.preventDefault();
      void copy();
      return false;
    }
    if (held && event.shiftKey && key === "c") {
      event.preventDefault();
      say(t("term.select"));
      return false;
    }
    // The browser's own paste event brings the text; xterm takes it from there.
    return !(held && key === "v");
  });
}

function place(pill: HTMLElement, at: { x: number; y: number }, host: HTMLElement): void {
  pill.style.left = `${Math.max(4, Math.min(at.x + 8, host.clientWidth - 100))}px`;
  pill.style.top = `${Math.max(4, Math.min(at.y + 10, host.clientHeight - 34))}px`;
}
