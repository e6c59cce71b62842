import { s } from "../core/dom";

/** Where a dot is at part (0..1) of its way. */
export type Way = (part: number) => { x: number; y: number } | null;

/** Requests that went one way. */
export interface Trip { name: string; way: Way; count: number }

interface Dot { element: SVGCircleElement; way: Way; start: number; flight: number; bad: boolean }

const most = 60;
const slowest = 850; // Milliseconds of a dot under way; where many follow each other, they fly faster and stay apart.
const roomy = 95;
const closest = 45; // Milliseconds between two dots: they stay apart, and 20 a second are all drawn.
const hurry = 450; // A dot that could only leave later than this is left out.

/** Draws requests as moving dots. Bounded, still while nobody looks, and absent for those who want no motion. */
export class Lane {
  readonly element = s("g", { "aria-hidden": "true" });
  private dots: Dot[] = [];
  private frame = 0;
  private free = 0;
  private last = 0;
  private readonly credit = new Map<string, number>();
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** Sends the requests that came since the last call. Of more than can be told apart, a fair sample is sent. Returns how many requests a dot stands for. */
  send(trips: Trip[], bad = false): number {
    const all = trips.reduce((sum, trip) => sum + trip.count, 0);
    if (!all || this.calm.matches || document.hidden) return 1;
    const now = performance.now();
    const since = Math.min(hurry, Math.max(180, now - this.last));
    this.last = now;
    const number = Math.min(all, Math.ceil(since / closest));
    const gap = Math.min(120, Math.max(closest, since / number));
    for (const trip of this.sample(trips, number / all)) this.launch(trip.way, now, gap, bad);
    return all / number;
  }

  /** The trips to draw, in turns; what is left over counts next time, so that small shares show too. */
  private sample(trips: Trip[], part: number): Trip[] {
    for (const { name, count } of trips) this.credit.set(name, (this.credit.get(name) ?? 0) + count * part);
    const drawn: Trip[] = [];
    for (;;) {
      const next = trips.reduce((a, b) => (this.owed(b) > this.owed(a) ? b : a));
      if (this.owed(next) < 0.999) return drawn;
      this.credit.set(next.name, this.owed(next) - 1);
      drawn.push(next);
    }
  }

  private owed(trip: Trip): number { return this.credit.get(trip.name) ?? 0; }

  private launch(way: Way, now: number, gap: number, bad: boolean): void {
    const start = Math.max(now, this.free);
    if (start - now > hurry || this.dots.length >= most) return;
    this.free = start + gap;
    const crowd = bad ? 1 : Math.min(1, gap / roomy);
    const element = s("circle", { class: bad ? "dot bad" : "dot", r: bad ? 5 : crowd < 0.8 ? 3.2 : 4, visibility: "hidden" });
    this.element.append(element);
    this.dots.push({ element, way, bad, start, flight: slowest * crowd });
    if (!this.frame) this.frame = requestAnimationFrame(this.step);
  }

  private readonly step = (now: number): void => {
    this.dots = this.dots.filter((dot) => this.move(dot, now));
    this.frame = this.dots.length ? requestAnimationFrame(this.step) : 0;
  };

  private move(dot: Dot, now: number): boolean {
    const part = (now - dot.start) / dot.flight;
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
