import { find, findAll } from "../core/dom";
import { recall, remember } from "../core/prefs";

interface Sizes { prose: number; lab: number; editor: number }

/** Makes the handles between the panes movable, by pointer and by arrow keys, and remembers where they stood. */
export function startSashes(bench: HTMLElement): void {
  const work = find(".work", bench);
  if (!work) return;
  const edit = bench.dataset.edit !== undefined;
  const sizes: Sizes = { prose: 0.42, lab: edit ? 0.36 : 0.5, editor: 0.36, ...recall<Partial<Sizes>>("sizes", {}) };
  const lay = (): void => {
    const lab = clamp(sizes.lab, 0.15, 0.75);
    const editor = edit ? clamp(sizes.editor, 0.12, 0.85 - lab) : 0;
    set(bench, "w-prose", sizes.prose);
    set(bench, "w-work", 1 - sizes.prose);
    set(work, "h-lab", lab);
    set(work, "h-editor", editor);
    set(work, "h-terminal", 1 - lab - editor);
    for (const sash of findAll("[data-sash]", bench)) describe(sash, sizes);
  };
  for (const sash of findAll("[data-sash]", bench)) {
    const name = sash.dataset.sash as keyof Sizes;
    const move = (share: number): void => {
      sizes[name] = clamp(share, name === "prose" ? 0.22 : 0.12, name === "prose" ? 0.7 : 0.75);
      lay();
      remember("sizes", sizes);
      dispatchEvent(new Event("resize"));
    };
    follow(sash, (event) => move(name === "prose" ? across(bench, event) : down(work, event) - (name === "editor" ? sizes.lab : 0)));
    sash.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowUp: -0.02, ArrowRight: 0.02, ArrowDown: 0.02 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      move(sizes[name] + step);
    });
  }
  lay();
}

function follow(sash: HTMLElement, moved: (event: PointerEvent) => void): void {
  sash.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    sash.setPointerCapture(event.pointerId);
    sash.classList.add("drag");
  });
  sash.addEventListener("pointermove", (event) => { if (sash.hasPointerCapture(event.pointerId)) moved(event); });
  sash.addEventListener("lostpointercapture", () => sash.classList.remove("drag"));
}

function describe(sash: HTMLElement, sizes: Sizes): void {
  sash.setAttribute("aria-valuemin", "12");
  sash.setAttribute("aria-valuemax", "75");
  sash.setAttribute("aria-valuenow", String(Math.round(sizes[sash.dataset.sash as keyof Sizes] * 100)));
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const set = (element: HTMLElement, name: string, share: number): void => element.style.setProperty(`--${name}`, `${(share * 100).toFixed(2)}fr`);

function across(element: HTMLElement, event: PointerEvent): number {
  const box = element.getBoundingClientRect();
  return (event.clientX - box.left) / box.width;
}

function down(element: HTMLElement, event: PointerEvent): number {
  const box = element.getBoundingClientRect();
  return (event.clientY - box.top) / box.height;
}
