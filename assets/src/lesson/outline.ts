import { find, findAll } from "../core/dom";

/** Marks in the list of steps where the reader is, and what was read. */
export function startOutline(): void {
  const outline = find(".outline");
  const pane = find(".prose-pane");
  if (!outline || !pane) return;
  const links = new Map(findAll<HTMLAnchorElement>("a", outline).map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const steps = findAll(".step");
  let current = "";
  const look = (): void => {
    const line = pane.getBoundingClientRect().top + pane.clientHeight * 0.3;
    const atEnd = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 4 && pane.scrollTop > 0;
    let here = steps[0];
    for (const step of steps) if (atEnd || step.getBoundingClientRect().top < line) here = step;
    if (!here || here.id === current) return;
    current = here.id;
    mark(links, steps, current, outline);
  };
  pane.addEventListener("scroll", () => requestAnimationFrame(look), { passive: true });
  look();
}

function mark(links: Map<string, HTMLAnchorElement>, steps: HTMLElement[], current: string, outline: HTMLElement): void {
  let before = true;
  for (const step of steps) {
    const link = links.get(step.id);
    if (step.id === current) before = false;
    link?.parentElement?.classList.toggle("seen", before);
    if (step.id !== current) link?.removeAttribute("aria-current");
    else if (link) {
      link.setAttribute("aria-current", "step");
      const list = link.closest("ol");
      if (list && list.scrollWidth > outline.clientWidth) list.scrollTo({ left: link.offsetLeft - list.offsetLeft - 40 });
    }
  }
}
