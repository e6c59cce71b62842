import { find, h, iconButton } from "./dom";
import { t } from "./text";

/** Says something in a corner: politely, and not for ever unless it is bad. */
export function toast(message: string, kind: "info" | "warn" | "bad" = "info", action?: { label: string; press: () => void }): void {
  const place = find(".toasts");
  if (!place) return;
  const box = h("div", { class: `toast ${kind}` }, h("p", {}, message));
  if (action) box.append(h("button", { type: "button", class: "btn tiny", onclick: () => { box.remove(); action.press(); } }, action.label));
  box.append(iconButton(t("close"), "cross", () => box.remove()));
  place.append(box);
  while (place.childElementCount > 4) place.firstElementChild?.remove();
  if (kind !== "bad" && !action) setTimeout(() => box.remove(), 6000);
}

/** Asks; resolves with the chosen answer's value, or "" when dismissed. */
export function ask(title: string, text: string, answers: { value: string; label: string; class?: string }[]): Promise<string> {
  const dialog = h("dialog", { class: "ask", "aria-labelledby": "ask-title" }, h("h2", { id: "ask-title" }, title), h("p", {}, text));
  const form = h("form", { method: "dialog", class: "row end" });
  for (const a of answers) form.append(h("button", { class: `btn ${a.class ?? ""}`, value: a.value }, a.label));
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
