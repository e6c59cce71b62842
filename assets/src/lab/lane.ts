import { s } from "../core/dom";

/** Where a dot is at part (0..1) of its way. */
export type Way = (part: number) => { x: number; y: number } | null;

interface Dot { element: SVGCircleElement; way: Way; start: number; bad: boolean }

const most = 140;
const flight = 850;

/** Draws requests as moving dots. Bounded, still while nobody looks, and absent for those who want no motion. */
export class Lane {
  readonly element = s("g", { "aria-hidden": "true" });
  private dots: Dot[] = [];
  private frame = 0;
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** Sends count dots along way, spread over spread milliseconds. A bad dot stops at its end and fades. */
  send(way: Way, count: number, spread: number, bad = false): void {
    if (this.calm.matches || document.hidden) return;
    const now = performance.now();
    const number = Math.min(count, 12, most - this.dots.length);
    for (let i = 0; i < number; i++) {
      const element = s("circle", { class: bad ? "dot bad" : "dot", r: bad ? 5 : 4, visibility: "hidden" });
      this.element.append(element);
      this.dots.push({ element, way, bad, start: now + (spread * (i + Math.random() * 0.6)) / number });
    }
    if (!this.frame && this.dots.length) this.frame = requestAnimationFrame(this.step);
  }

  private readonly step = (now: number): void => {
    this.dots = this.dots.filter((dot) => this.move(dot, now));
    this.frame = this.dots.length ? requestAnimationFrame(this.step) : 0;
  };

  private move(dot: Dot, now: number): boolean {
    const part = (now - dot.start) / flight;
    if (part < 0) return true;
    const stay = dot.bad ? 1.6 : 1;
    const at = part < stay ? dot.way(Math.min(1, part)) : null;
    if (!at) {
      dot.element.remove();
      return false;
    }
    dot.element.removeAttribute("visibility");
    dot.element.setAttribute("cx", at.x.toFixed(1));
    dot.element.setAttribute("cy", at.y.toFixed(1));
    if (part > 1) dot.element.setAttribute("opacity", (1 - (part - 1) / 0.6).toFixed(2));
    return true;
  }

  /** Removes every dot. */
  clear(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.dots = [];
    this.element.replaceChildren();
  }
}
