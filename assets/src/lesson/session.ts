import { call } from "../core/http";
import { Happening, Signal } from "../core/signal";
import { Stream } from "../core/stream";
import type { CheckInfo, Lab, Live, NodeState, Place, ReportBrief, Result, State, Traffic, TrafficNews, WorkFile } from "../core/wire";

/** A way to run code in a terminal; the terminal part puts itself here. */
export interface Typist { type(node: string, code: string): Promise<void> }

/** A way to put text into the editor; the editor part puts itself here. */
export interface Scribe { put(file: string, text: string): Promise<void>; flush(): Promise<void>; reload(files: WorkFile[]): void }

/** What this page knows of its lesson, kept up to date by the server's events. */
export class Session {
  readonly base: string;
  readonly tab = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  readonly lab = new Signal<Lab | null>(null);
  readonly nodes = new Signal<Map<string, NodeState>>(new Map());
  readonly checks = new Signal<CheckInfo[]>([]);
  readonly report = new Signal<ReportBrief | null>(null);
  readonly running = new Signal<string>("");
  /** The place in line of what waits to be checked; 0 once it is being checked. */
  readonly place = new Signal<number>(0);
  readonly traffic = new Signal<Traffic>({ on: false, rate: 5 });
  readonly online = new Signal<boolean>(true);
  readonly live = new Happening<Live>();
  readonly trafficNews = new Happening<TrafficNews>();
  readonly fileSaved = new Happening<{ path: string; version: number; tab: string }>();
  readonly warning = new Happening<{ message: string; fix: string }>();
  readonly view = new Happening<string>();
  typist: Typist | null = null;
  scribe: Scribe | null = null;
  clockSkew = 0;
  private stream: Stream | null = null;

  constructor(readonly lesson: string, public state: State) {
    this.base = lessonBase(lesson);
    this.take(state);
  }

  private take(state: State): void {
    this.state = state;
    this.clockSkew = Date.parse(state.now) - Date.now();
    this.checks.value = state.checks ?? [];
    this.report.value = state.report;
    this.running.value = state.running;
    this.setLab(state.lab);
  }

  private setLab(lab: Lab | null): void {
    if (lab?.nodes) this.nodes.value = new Map(lab.nodes.map((n) => [n.node, n]));
    if (!lab) this.nodes.value = new Map();
    if (lab?.traffic) this.traffic.value = lab.traffic;
    this.lab.value = lab;
  }

  /** Begins to listen to the server. */
  listen(): void {
    let first = true;
    const names = ["lab", "node", "live", "traffic", "file", "check", "place", "report", "warning"];
    this.stream = new Stream(`${this.base}/events`, names, (name, data) => this.hear(name, data), (up) => {
      this.online.value = up;
      if (up && !first) void this.refresh();
      if (up) first = false;
    });
    addEventListener("pagehide", (event) => { if (!event.persisted) this.stream?.close(); });
  }

  /** Asks for everything again: after a lost connection, and after a lab was made anew. */
  async refresh(): Promise<void> {
    this.take(await call<State>("GET", `${this.base}/state`));
  }

  private hear(name: string, data: unknown): void {
    switch (name) {
      case "lab": this.setLab(data as Lab | null); break;
      case "node": this.setNode(data as NodeState); break;
      case "live": this.live.tell(data as Live); break;
      case "traffic": this.hearTraffic(data as TrafficNews); break;
      case "file": this.hearFile(data as { path: string; version: number; tab: string }); break;
      case "check": this.hearCheck(data as Result); break;
      case "place": this.place.value = (data as Place).position; break;
      case "report": this.hearReport(data as ReportBrief); break;
      case "warning": this.warning.tell(data as { message: string; fix: string }); break;
    }
  }

  private setNode(node: NodeState): void {
    this.nodes.value = new Map(this.nodes.value).set(node.node, node);
  }

  private hearTraffic(news: TrafficNews): void {
    const known = this.traffic.value;
    if (known.on !== news.on || known.rate !== news.rate) this.traffic.value = { on: news.on, rate: news.rate };
    this.trafficNews.tell(news);
  }

  private hearFile(news: { path: string; version: number; tab: string }): void {
    this.fileSaved.tell(news);
    if (news.tab !== this.tab) this.markStale(); // Our own editor knows whether its text changed.
  }

  /** Files changed: what passed before may not pass now. */
  markStale(): void {
    this.checks.value = this.checks.value.map((c) => (c.last?.status === "passed" ? { ...c, stale: true } : c));
  }

  private hearCheck(result: Result): void {
    this.place.value = 0;
    if (result.status === "running" && !this.running.value) this.running.value = "?";
    this.checks.value = this.checks.value.map((c) => (c.id === result.id ? { ...c, last: result, stale: false } : c));
  }

  private hearReport(report: ReportBrief): void {
    this.running.value = "";
    this.place.value = 0;
    this.report.value = report;
  }

  /** Does something with the lab. */
  async act(action: "start" | "extend" | "restart" | "reset" | "end"): Promise<void> {
    const lab = await call<Lab | null>("POST", `${this.base}/lab`, { action });
    if (lab?.id) this.setLab(lab);
    if (action !== "reset") return;
    await this.refresh();
    this.scribe?.reload(this.state.files ?? []);
  }

  /** Hands the saved files in to be checked; unsaved text is saved first. */
  async check(): Promise<void> {
    if (this.running.value) return;
    this.running.value = "?";
    try {
      await this.scribe?.flush();
      const key = this.tab + Date.now().toString(36);
      const accepted = await call<{ id: string }>("POST", `${this.base}/check`, { only: [] }, { "Idempotency-Key": key });
      if (this.running.value) this.running.value = accepted.id;
    } catch (error) {
      this.running.value = "";
      throw error;
    }
  }
}

/** The lesson's routes begin with this. */
export function lessonBase(lesson: string): string {
  return "/api/lessons/" + lesson.split("/").map(encodeURIComponent).join("/");
}
