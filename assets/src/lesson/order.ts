import { find, findAll, h, icon } from "../core/dom";
import { t } from "../core/text";

/** Gives every place its number, which is what counts where no script runs. */
export function numberPlaces(quiz: HTMLElement): void {
  findAll<HTMLInputElement>("ol.order input.place", quiz).forEach((place, index) => { place.value = String(index + 1); });
}

/**
 * Makes a list of entries orderable: with buttons, by dragging the handle with mouse or finger, and with the keyboard.
 * One row is in the tab order; the arrows go from row to row, space takes a row up, the arrows move it, space or Escape
 * put it down. What happens is said in a live region.
 */
export function makeOrderable(list: HTMLElement, quiz: HTMLElement): void {
  const said = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  const help = h("p", { class: "visually-hidden", id: `${quiz.dataset.quiz ?? "q"}-order-help` }, t("quiz.order.help"));
  list.before(help);
  list.after(said);
  const rows = (): HTMLElement[] => findAll(":scope > .option", list);
  const say = (row: HTMLElement): void => { said.textContent = t("quiz.order.moved", nameOf(row), rows().indexOf(row) + 1, rows().length); };
  const move = (row: HTMLElement, step: number): void => {
    const other = rows()[rows().indexOf(row) + step];
    if (!other) return;
    const why = row.nextElementSibling?.classList.contains("why") ? row.nextElementSibling : null;
    if (step < 0) other.before(row);
    else other.after(row);
    why?.remove();
    numberPlaces(quiz);
    say(row);
  };
  for (const row of rows()) {
    const handle = h("button", { type: "button", class: "handle btn plain tiny icon", "aria-label": t("quiz.order.take", nameOf(row)), "aria-describedby": help.id, "aria-pressed": "false" }, grip());
    row.prepend(handle);
    for (const [name, step] of [["up", -1], ["down", 1]] as const) {
      const button = find<HTMLButtonElement>(`.${name}`, row);
      if (!button) continue;
      button.setAttribute("aria-label", t(`quiz.move.${name}`, nameOf(row)));
      button.classList.add("btn", "tiny", "icon");
      button.replaceChildren(icon(name));
      button.addEventListener("click", () => { move(row, step); button.focus(); });
    }
    drag(handle, row, list, () => { numberPlaces(quiz); say(row); });
  }
  keys(list, rows, move, (row, taken) => { said.textContent = t(taken ? "quiz.order.taken" : "quiz.order.put", nameOf(row), rows().indexOf(row) + 1, rows().length); });
}

function grip(): SVGSVGElement {
  return icon("more");
}

function nameOf(row: HTMLElement): string {
  return find(":scope > span", row)?.textContent?.trim() ?? "";
}

/** The keyboard's way: arrows, space, Escape, Home and End; one row is in the tab order. */
function keys(list: HTMLElement, rows: () => HTMLElement[], move: (row: HTMLElement, step: number) => void, told: (row: HTMLElement, taken: boolean) => void): void {
  const handleOf = (row: HTMLElement | undefined): HTMLElement | null => (row ? find(".handle", row) : null);
  const current = (row: HTMLElement | undefined): void => {
    for (const other of rows()) for (const control of findAll(".handle, .up, .down", other)) control.tabIndex = other === row ? 0 : -1;
  };
  current(rows()[0]);
  list.addEventListener("focusin", (event) => {
    const row = (event.target as Element).closest<HTMLElement>(".option");
    if (row) current(row);
  });
  const put = (row: HTMLElement, taken: boolean): void => {
    handleOf(row)?.setAttribute("aria-pressed", String(taken));
    row.classList.toggle("is-taken", taken);
    told(row, taken);
  };
  list.addEventListener("focusout", (event) => {
    const row = (event.target as Element).closest<HTMLElement>(".option.is-taken");
    if (row && event.relatedTarget && !row.contains(event.relatedTarget as Node)) put(row, false);
  });
  list.addEventListener("keydown", (event) => {
    const row = (event.target as Element).closest<HTMLElement>(".option");
    const handle = handleOf(row ?? undefined);
    if (!row || !handle || event.target !== handle) return;
    const taken = row.classList.contains("is-taken");
    const all = rows();
    const at = all.indexOf(row);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      if (taken) move(row, to - at);
      handleOf(taken ? row : all[to])?.focus();
    } else if (event.key === " " || event.key === "Enter") put(row, !taken);
    else if (event.key === "Escape" && taken) put(row, false);
    else return;
    event.preventDefault();
  });
}

/** Dragging with any pointer. */
function drag(handle: HTMLElement, row: HTMLElement, list: HTMLElement, done: () => void): void {
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    row.classList.add("is-dragged");
    const follow = (moved: PointerEvent): void => {
      for (const other of findAll(":scope > .option", list)) {
        const box = other.getBoundingClientRect();
        if (other === row || moved.clientY < box.top || moved.clientY > box.bottom) continue;
        if (moved.clientY < box.top + box.height / 2) other.before(row);
        else other.after(row);
      }
    };
    const end = (): void => {
      document.removeEventListener("pointermove", follow);
      document.removeEventListener("pointerup", end);
      document.removeEventListener("pointercancel", end);
      row.classList.remove("is-dragged");
      done();
      handle.focus();
    };
    document.addEventListener("pointermove", follow); // A row that is moved loses its capture of the pointer.
    document.addEventListener("pointerup", end);
    document.addEventListener("pointercancel", end);
  });
}
