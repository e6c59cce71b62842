// A stand-in for the server: docs/api.md in memory, with a lab that is only pretended.
// It is for working on the browser side alone:  npm run mock  →  http://127.0.0.1:8090/
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { Lab } from "./mocklab.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const types = { js: "text/javascript", css: "text/css", woff2: "font/woff2", svg: "image/svg+xml", html: "text/html; charset=utf-8" };
/** The policy that the pages must work under; see README.md. */
export const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function renderPages() {
  const out = mkdtempSync(path.join(tmpdir(), "pattarai-mock-"));
  execFileSync("go", ["run", "assets/dev/render.go", "assets/dev/pages.json", out], { cwd: path.dirname(root), stdio: "inherit" });
  return out;
}

const pageOf = {
  "/": "home", "/courses/haproxy": "course", "/lessons/haproxy/weighted-round-robin": "lesson", "/lessons/haproxy/reading-the-log": "lesson-plain",
  "/progress": "progress", "/review": "review", "/lessons/haproxy/weighted-round-robin/quiz/hx9-q1": "question", "/reports/r4": "report", "/attempts/haproxy/weighted-round-robin": "attempts", "/reports/r3": "report-ours", "/reports/r5": "report-running",
};

/** Starts the mock; resolves with {url, close, lab}. options go to the pretended lab. */
export function start(port = 0, options = {}) {
  const pages = renderPages();
  const lab = new Lab(options);
  const server = http.createServer((request, response) => void serve(request, response, pages, lab).catch((error) => {
    response.writeHead(500).end(String(error.stack));
  }));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, (ws) => lab.attach(ws, new URL(request.url, "http://x").searchParams.get("ticket"))));
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve({
    lab, url: `http://127.0.0.1:${server.address().port}`,
    close() { lab.close(); sockets.clients.forEach((c) => c.terminate()); server.closeAllConnections(); server.close(); },
  })));
}

async function serve(request, response, pages, lab) {
  const url = new URL(request.url, "http://x");
  if (url.pathname.startsWith("/static/")) return file(response, path.join(root, "static", url.pathname.split("/").slice(3).join("/")));
  if (url.pathname.startsWith("/api/")) return api(request, response, url.pathname, lab);
  const lang = url.searchParams.get("lang") ?? (/lang=(\w+)/.exec(request.headers.cookie ?? "")?.[1] || "en");
  const name = pageOf[url.pathname] ?? "error";
  response.writeHead(name === "error" ? 404 : 200, { "Content-Type": types.html, "Content-Security-Policy": policy, "Set-Cookie": `lang=${lang}; Path=/` });
  response.end(readFileSync(path.join(pages, `${name}.${lang}.html`)));
}

function file(response, name) {
  try {
    const content = readFileSync(name);
    response.writeHead(200, { "Content-Type": types[name.split(".").pop()] ?? "application/octet-stream" }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

async function api(request, response, pathname, lab) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : {};
  const rest = pathname.replace(/^\/api\/lessons\/[^/]+\/[^/]+\//, "");
  if (rest === "events" || pathname.endsWith("/events")) return lab.listen(request, response);
  if (pathname === "/api/review") return void response.writeHead(200, { "Content-Type": "application/json" }).end('{"due":3,"next":null}');
  const [status, answer] = lab.handle(request.method, rest, body);
  response.writeHead(status, { "Content-Type": "application/json" }).end(answer === undefined ? "" : JSON.stringify(answer));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await start(Number(process.env.PORT ?? 8090), { speed: 1 });
  console.log(mock.url);
}
