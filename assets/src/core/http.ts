import { t } from "./text";

/** A refusal by the server, or that it could not be reached (status 0). */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly fix: string, readonly body: unknown) {
    super(message);
  }
}

interface ErrorBody { error?: { code?: string; message?: string; fix?: string } }

const patience = [150, 500, 1500];

/** Fetches. What may be asked twice is asked again when the network fails: a lab that starts on this very machine changes its networks, and browsers then drop what is under way. */
async function reach(path: string, init: RequestInit, again: boolean): Promise<Response> {
  for (const pause of again ? patience : []) {
    try {
      return await fetch(path, init);
    } catch {
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return fetch(path, init);
}

/** Speaks JSON with the server. Throws a Refusal for everything but success. */
export async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let response: Response;
  try {
    const init: RequestInit = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, "Content-Type": "application/json" };
    }
    response = await reach(path, init, method === "GET" || "Idempotency-Key" in headers);
  } catch {
    throw new Refusal(0, "offline", t("offline"), t("offline.fix"), null);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const error = (answer as ErrorBody | null)?.error;
  throw new Refusal(response.status, error?.code ?? "", error?.message ?? t("failed", response.status), error?.fix ?? "", answer);
}

/** A sentence about anything that was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof Refusal) return error.fix ? `${error.message} ${error.fix}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
