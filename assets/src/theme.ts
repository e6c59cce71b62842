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

// Loads the page again when a part of it did not arrive. A lab that starts on the
// reader's own machine changes its networks, and browsers then drop what is under way.
(() => {
  const key = "pattarai.again";
  const again = (): void => {
    try {
      const now = Date.now();
      const tries = (JSON.parse(sessionStorage.getItem(key) ?? "[]") as number[]).filter((at) => now - at < 30_000);
      if (tries.length >= 4) return; // It is something else.
      sessionStorage.setItem(key, JSON.stringify([...tries, now]));
    } catch {
      return; // Without storage it could go on for ever.
    }
    setTimeout(() => location.reload(), 300);
  };
  addEventListener("error", ({ target }) => {
    if (target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === "stylesheet")) again();
  }, true);
  addEventListener("unhandledrejection", ({ reason }) => {
    if (/dynamically imported module|importing a module script/i.test(String(reason))) again();
  });
})();
