// The shapes of docs/api.md.

export type Phase = "creating" | "waiting" | "starting" | "healthy" | "unhealthy" | "exited" | "stopped" | "paused";

export interface NodeState {
  node: string; phase: Phase; detail: string; log: string; address: string;
  cpu: number; memory: number; limit: number; since: string; took: number;
  /** What it suffers on purpose: "busy; slow by 200ms to app2". */
  faults: string;
}

/** A place in the line of what waits to be checked. */
export interface Place { id: string; position: number }

export interface Traffic { on: boolean; rate: number }

export interface Lab {
  id: string; state: "queued" | "creating" | "running" | "ending" | "ended" | "failed";
  position?: number; estimate_ms?: number; p95_ms?: number; reason?: string; log?: string; fix?: string;
  started_at?: string; expires_at?: string; can_extend?: boolean; nodes?: NodeState[]; traffic?: Traffic;
}

export interface Port { number: number; name: string; path: string; scheme?: string }

export interface TopologyNode {
  name: string; role: string; image: string; view: string;
  ports: Port[] | null; files: string[] | null; depends_on: string[] | null;
}

export interface WorkFile { path: string; content: string; version: number; starter: boolean; saved_at: string; starter_content?: string }

export interface Bar { label: string; count: number; observed: number; expected: number; ok: boolean }
export interface Case { name: string; ok: boolean; input?: string; expected?: string; observed?: string; diff?: string; hidden?: boolean }

export type Status = "passed" | "failed" | "skipped" | "timed_out" | "limit_exceeded" | "broken" | "running";

export interface Result {
  id: string; title: string; status: Status; needs?: string[]; expected?: string; observed?: string; reasons?: string[];
  bars?: Bar[]; cases?: Case[]; output?: string; truncated?: boolean; try_it?: string; help?: string;
  points: number; max_points: number; took: number;
}

export interface CheckInfo { id: string; title: string; needs: string[] | null; points: number; last: Result | null; stale: boolean }

export interface ReportBrief {
  id: string; url: string; verdict: string; attempt: number; gradable?: boolean; points?: number; max_points?: number; reason?: string;
}

export interface QuizState {
  tries: number; right: boolean; points: number; max_points: number; values?: string[] | null; parts?: boolean[];
  feedback: Record<string, string> | null; solution?: string; observed?: string; proved?: boolean; next?: string;
}

/** What is one learner's own about a quiz item. */
export interface QuizItem { order?: string[]; form?: string }

export interface State {
  now: string;
  learner: { id: string; name: string; guest: boolean };
  labs: { ok: boolean; message: string; fix: string };
  lab: Lab | null;
  estimate_ms: number;
  p95_ms: number;
  files: WorkFile[] | null;
  checks: CheckInfo[] | null;
  report: ReportBrief | null;
  running: string;
  quizzes: Record<string, QuizState> | null;
  items: Record<string, QuizItem> | null;
  topology: { nodes: TopologyNode[] | null };
  shell: string;
  edit: string[] | null;
  preview: boolean;
}

export interface Diagnostic { file: string; line: number; severity: string; message: string }
export interface Applied { accepted: boolean; nodes: string[] | null; output: string; diagnostics: Diagnostic[] | null; took: number }
export interface Saved { version: number; saved_at: string; applied: Applied | null }

export interface LiveServer {
  name: string; status: string; weight: number; current: number; queue: number; total: number; delta: number;
  rate: number; errors: number; sessions_ms: number;
}
export interface Live {
  node: string; kind: string; backends: { name: string; servers: LiveServer[] | null }[] | null;
  frontends: { name: string; rate: number; total: number }[] | null; pid: number; uptime_s: number;
  problem?: string; rabbitmq?: RabbitMQ; postgres?: Postgres; redis?: Redis;
}
export interface RabbitMQ {
  nodes: { name: string; running: boolean; memory: number; alarms: string[] }[];
  exchanges: { name: string; type: string; durable: boolean; alternate: string; rate: number }[];
  bindings: { source: string; destination: string; kind: string; key: string }[];
  queues: {
    name: string; type: string; state: string; durable: boolean; ready: number; unacked: number; consumers: number;
    in: number; out: number; leader: string; members: string[]; online: string[]; dead_letter: string;
  }[];
}
export interface Postgres {
  replica: boolean; lsn: string; bytes: number; received: string; lag_s: number; archived: number; last_wal: string; failed_wal: number;
  replicas: { name: string; state: string; sync: string; replayed: string; behind: number }[];
  sessions: { pid: number; user: string; app: string; state: string; wait: string; seconds: number; blocked: number[]; query: string }[];
  locks: { pid: number; table: string; mode: string; granted: boolean }[];
  tables: { name: string; kind: string; rows: number; dead: number; size: number }[];
  database: string; size: number; max_connections: number;
}
export interface Redis {
  memory: number; max_memory: number; policy: string; clients: number; rate: number; hits: number; misses: number; expired: number; evicted: number;
  size: number; keys: { name: string; type: string; ttl_ms: number; memory: number }[];
}
export interface TrafficNews {
  on: boolean; rate: number; sent: number; failed: number; p50_ms: number;
  requests: { server: string; status: number; micros: number }[] | null;
}
export interface TerminalInfo { id: string; node: string; running: boolean }
export interface Ticket { id: string; node: string; ticket: string }
