const prefix = "pattarai.";

/** What was remembered under name, or fallback. Storage may be off or full; nothing here throws. */
export function recall<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Remembers value under name. */
export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch { /* It is a convenience only. */ }
}

/** Forgets name. */
export function forget(name: string): void {
  try {
    localStorage.removeItem(prefix + name);
  } catch { /* As above. */ }
}
