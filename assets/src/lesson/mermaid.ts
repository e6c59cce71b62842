import { findAll, h } from "../core/dom";
import { t } from "../core/text";

interface Mermaid {
  initialize(config: object): void;
  render(id: string, source: string): Promise<{ svg: string }>;
}

declare global {
  var mermaid: Mermaid | undefined;
}

/** The library is a classic script that sets a global, so it is not bundled but stands beside this file. */
function load(): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = h("script", { src: new URL("./mermaid.js", import.meta.url).href });
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("mermaid.js did not load"));
    document.head.append(script);
  });
}

/** Draws the lesson's diagrams in the page's colours, and again when the theme changes. */
export async function drawDiagrams(): Promise<void> {
  const sources = findAll(".mermaid").map((place) => [place, place.textContent ?? ""] as const);
  const draw = async (): Promise<void> => {
    configure();
    for (const [index, [place, source]] of sources.entries()) await drawOne(place, source, index);
  };
  document.addEventListener("themechange", () => void draw());
  await load();
  await document.fonts.ready;
  await draw();
}

function configure(): void {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  globalThis.mermaid?.initialize({
    startOnLoad: false, securityLevel: "strict", theme: "base", fontFamily: token("text"),
    themeVariables: {
      darkMode: document.documentElement.dataset.theme === "dark", background: token("paper"), fontSize: "15px",
      primaryColor: token("surface"), primaryTextColor: token("ink"), primaryBorderColor: token("edge"), lineColor: token("ink-2"),
      secondaryColor: token("brass-wash"), tertiaryColor: token("sunken"), noteBkgColor: token("brass-wash"), noteTextColor: token("ink"), edgeLabelBackground: token("paper"),
    },
  });
}

async function drawOne(place: HTMLElement, source: string, index: number): Promise<void> {
  try {
    if (!globalThis.mermaid) return;
    const { svg } = await globalThis.mermaid.render(`diagram-${index}`, source);
    const parsed = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
    if (!parsed) return;
    parsed.setAttribute("role", "img");
    parsed.setAttribute("aria-label", t("diagram", source.trim().slice(0, 400)));
    place.replaceChildren(parsed);
    place.classList.add("drawn");
  } catch {
    place.replaceChildren(h("code", {}, source));
  }
}
