import { find, findAll } from "../core/dom";

/** Lets targets be dragged onto rows with mouse or finger; the lists of each row are there for everything else. */
export function makeMatchable(quiz: HTMLElement): void {
  for (const target of findAll(".targets > li", quiz)) {
    target.classList.add("draggable");
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      target.setPointerCapture(event.pointerId);
      target.classList.add("is-dragged");
      const over = (moved: PointerEvent): HTMLElement | null => {
        const below = document.elementFromPoint(moved.clientX, moved.clientY)?.closest<HTMLElement>(".option") ?? null;
        return below && quiz.contains(below) ? below : null;
      };
      const follow = (moved: PointerEvent): void => {
        target.style.translate = `${moved.clientX - event.clientX}px ${moved.clientY - event.clientY}px`;
        const row = over(moved);
        for (const option of findAll(".option", quiz)) option.classList.toggle("is-over", option === row);
      };
      const drop = (moved: PointerEvent): void => {
        const select = over(moved)?.querySelector<HTMLSelectElement>("select");
        if (select) select.value = target.dataset.target ?? "";
      };
      target.addEventListener("pointermove", follow);
      target.addEventListener("pointerup", drop, { once: true });
      target.addEventListener("lostpointercapture", () => {
        target.removeEventListener("pointermove", follow);
        target.removeEventListener("pointerup", drop);
        target.style.translate = "";
        target.classList.remove("is-dragged");
        find(".option.is-over", quiz)?.classList.remove("is-over");
      }, { once: true });
    });
  }
}
