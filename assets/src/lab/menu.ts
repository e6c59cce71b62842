import { h, icon } from "../core/dom";

export interface Entry { label: string; icon: string; press: () => void; off?: boolean }

let closeOpen: (() => void) | null = null;

/** Opens a menu at an element. Arrow keys move, Escape closes, and the focus goes back to where it was. */
export function openMenu(at: Element, entries: (Entry | "line" | string)[]): void {
  closeOpen?.();
  const menu = h("div", { class: "menu", role: "menu" });
  const before = document.activeElement as HTMLElement | SVGElement | null;
  const close = (refocus: boolean): void => {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    closeOpen = null;
    if (refocus) before?.focus();
  };
  const outside = (event: Event): void => { if (!menu.contains(event.target as Node)) close(false); };
  for (const entry of entries) menu.append(row(entry, () => close(true)));
  menu.addEventListener("keydown", (event) => walk(event, menu, () => close(true)));
  document.addEventListener("pointerdown", outside, true);
  document.body.append(menu);
  place(menu, at);
  menu.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  closeOpen = () => close(false);
}

function row(entry: Entry | string, close: () => void): HTMLElement {
  if (entry === "line") return h("hr", { role: "separator" });
  if (typeof entry === "string") return h("div", { class: "quiet", role: "presentation" }, entry);
  return h("button", { type: "button", role: "menuitem", disabled: entry.off ?? false, onclick: () => { close(); entry.press(); } }, icon(entry.icon), entry.label);
}

function walk(event: KeyboardEvent, menu: HTMLElement, close: () => void): void {
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    close();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...menu.querySelectorAll<HTMLElement>("button:not(:disabled)")];
  const index = buttons.indexOf(document.activeElement as HTMLElement);
  buttons[(index + step + buttons.length) % buttons.length]?.focus();
}

function place(menu: HTMLElement, at: Element): void {
  const box = at.getBoundingClientRect();
  const room = { x: innerWidth - menu.offsetWidth - 8, y: innerHeight - menu.offsetHeight - 8 };
  menu.style.left = `${Math.max(8, Math.min(box.left, room.x))}px`;
  menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, room.y))}px`;
}
