// Runs before the first paint: sets the theme that the reader chose, or the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    let chosen: string | null = null;
    try { chosen = localStorage.getItem("pattarai.theme"); } catch { /* Storage is off: the system decides. */ }
    document.documentElement.dataset.theme = chosen ?? (system.matches ? "dark" : "light");
    document.dispatchEvent(new Event("themechange"));
  };
  show();
  system.addEventListener("change", show);
  addEventListener("storage", (event) => { if (event.key === "pattarai.theme") show(); });
})();
