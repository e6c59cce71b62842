import { h } from "../../core/dom";
import { t } from "../../core/text";

/** What a cell shows: words, or a number or words with a meaning. */
export type Cell = string | number | { text: string; mood?: "good" | "bad" | "quiet" | undefined; part?: number | undefined };

/** One table of a live view: its name, the names of its columns, and its rows, of which the first cell names the row. */
export interface Table { title: string; heads: string[]; rows: Cell[][]; empty: string; note?: string }

/** Draws a table that scrolls by itself where it is wider than its place. */
export function drawTable(table: Table): HTMLElement {
  const head = h("h3", {}, table.title, table.note ? h("span", { class: "quiet" }, ` ${table.note}`) : null);
  if (!table.rows.length) return h("section", { class: "live-part" }, head, h("p", { class: "quiet small" }, table.empty));
  const rows = table.rows.map((cells) => h("tr", {}, ...cells.map((cell, at) => drawCell(cell, at === 0))));
  return h("section", { class: "live-part" }, head, h("div", { class: "live-scroll", tabindex: "0", role: "region", "aria-label": table.title },
    h("table", { class: "lab-numbers", "aria-label": table.title }, h("thead", {}, h("tr", {}, ...table.heads.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows))));
}

function drawCell(cell: Cell, first: boolean): HTMLElement {
  const { text, mood, part } = typeof cell === "object" ? cell : { text: String(cell), mood: undefined, part: undefined };
  const kind = [mood ? `is-${mood}` : "", typeof cell === "number" || part !== undefined ? "num" : ""].filter(Boolean).join(" ");
  const bar = part === undefined ? null : h("meter", { min: "0", max: "1", value: Math.min(1, Math.max(0, part)).toFixed(2), "aria-hidden": "true" });
  return first ? h("th", { scope: "row", class: kind }, text, bar) : h("td", { class: kind }, bar, text);
}

/** Bytes in the unit that fits. */
export function bytes(n: number): string {
  if (n < 1024) return t("live.bytes", n);
  const units = ["KiB", "MiB", "GiB"];
  const step = Math.min(units.length, Math.floor(Math.log2(n) / 10));
  const size = n / 1024 ** step;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[step - 1]}`;
}

/** Seconds as one reads them. */
export function seconds(s: number): string {
  return s < 120 ? t("seconds", s < 10 ? s.toFixed(1) : Math.round(s)) : t("live.minutes", Math.round(s / 60));
}

/** Messages or requests per second. */
export const perSecond = (rate: number): string => (rate ? t("traffic.persecond", rate < 10 ? rate.toFixed(1) : Math.round(rate)) : "–");
