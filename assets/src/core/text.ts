declare global {
  // Set by texts.<lang>.js, a classic script that runs before every module.
  var pattaraiTexts: Record<string, string> | undefined;
}

/** The interface's text for key, with {0}, {1}, … replaced; key itself when there is none. */
export function t(key: string, ...values: (string | number)[]): string {
  const text = globalThis.pattaraiTexts?.[key] ?? key;
  return text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}

/** Whether the interface has a text for key. */
export function hasText(key: string): boolean {
  return globalThis.pattaraiTexts?.[key] !== undefined;
}
