type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
}

/** Makes an HTML element. Strings become text, never markup; `onclick` and its like take functions. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** Makes an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

/** The first element that fits, or null. */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

/** All elements that fit. */
export function findAll<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** A sentence in which what stands between backquotes is code. */
export function withCode(text: string): (HTMLElement | string)[] {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

/** Puts HTML that the server sanitised into an element. The only place where markup is parsed. */
export function setTrustedHTML(element: Element, html: string): void {
  element.innerHTML = html;
}

const paths: Record<string, string> = {
  check: "M4 12.5l5 5L20 6.500", cross: "M5 5l14 14M19 5L5 19", clock: "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M12 7v5l3 2",
  play: "M7 4l13 8-13 8z", stop: "M6 6h12v12H6z", pause: "M8 5v14M16 5v14", copy: "M9 9h11v11H9zM5 15H4V4h11v1", plus: "M12 5v14M5 12h14",
  minus: "M5 12h14", bolt: "M13 3L5 14h6l-1 7 8-11h-6z", into: "M4 4v16M20 12H8M13 7l-5 5 5 5", open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  spin: "M12 3a9 9 0 1 0 9 9", dash: "M7 12h10", chevron: "M6 9.500l6 6 6-6", more: "M5 12h.01M12 12h.01M19 12h.01", up: "M12 19V5M6 11l6-6 6 6", down: "M12 5v14M6 13l6 6 6-6",
  warn: "M12 4L2.500 20h19zM12 10v4M12 17h.01", reset: "M4 5v5h5M4.500 10A8 8 0 1 1 4 14", save: "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6",
};

/** A decorative icon; the words beside it say the same. */
export function icon(name: string): SVGSVGElement {
  const svg = s("svg", { class: name === "spin" ? "ico spin" : "ico", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(s("path", { d: paths[name] ?? "" }));
  return svg;
}

/** A button with an icon and words. */
export function button(label: string, options: { icon?: string; class?: string; title?: string; press: (event: Event) => void }): HTMLButtonElement {
  return h("button", { type: "button", class: `btn ${options.class ?? ""}`, title: options.title, onclick: options.press },
    options.icon && icon(options.icon), label);
}

/** A button with an icon only; label is its name. */
export function iconButton(label: string, name: string, press: (event: Event) => void, extra = ""): HTMLButtonElement {
  return h("button", { type: "button", class: `btn plain tiny icon ${extra}`, title: label, "aria-label": label, onclick: press }, icon(name));
}

const statusIcons: Record<string, string> = {
  passed: "check", failed: "cross", timed_out: "clock", limit_exceeded: "warn", skipped: "dash", broken: "warn", running: "spin",
  pending: "clock", ungraded: "warn", stale: "reset", idle: "dash",
};

/** The icon of a status. */
export function statusIcon(status: string): SVGSVGElement {
  return icon(statusIcons[status] ?? "dash");
}
