import { find, findAll } from "../core/dom";

/** Marks in the list of steps where the reader is, and what was read. */
export function startOutline(): void {
  const outline = find(".outline");
  const pane = find(".prose-pane");
  if (!outline || !pane) return;
  for (const a of findAll<HTMLAnchorElement>("a", outline)) a.title = a.textContent ?? "";
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
  const here = steps.findIndex((step) => step.id === current);
  // Before the first heading, the first step is the one to come.
  const marked = links.get(current) ?? links.values().next().value;
  steps.forEach((step, index) => {
    const link = links.get(step.id);
    link?.parentElement?.classList.toggle("seen", index < here);
    if (link !== marked) link?.removeAttribute("aria-current");
  });
  marked?.setAttribute("aria-current", "step");
  const list = marked?.closest("ol");
  if (marked && list && list.scrollWidth > outline.clientWidth) list.scrollTo({ left: marked.offsetLeft - list.offsetLeft - 40 });
}
