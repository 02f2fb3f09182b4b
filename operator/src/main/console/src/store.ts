import { batch, computed, signal } from "@preact/signals";
import { call, deploymentPath } from "./api";
import type { Agent, Decision, Deployment, LiveEvent, Load, Operation, Permissions, Placement } from "./types";

/** What is known of everything, kept up to date by the event stream. Bounded whatever the stream brings. */

export type Connection = { state: "connecting" | "live" | "lost" | "refused"; detail: string };

/** A second of one deployment; undefined is unknown. */
export type Sample = Omit<Load, "at" | "expertLoad"> & { t: number };

const SAMPLES = 3600;
const DECISIONS = 600;

export const connection = signal<Connection>({ state: "connecting", detail: "" });
export const deployments = signal<ReadonlyMap<string, Deployment>>(new Map());
export const operations = signal<ReadonlyMap<string, Operation>>(new Map());
export const placements = signal<ReadonlyMap<string, Placement>>(new Map());
export const decisions = signal<ReadonlyMap<string, Decision[]>>(new Map());
export const permissions = signal<ReadonlyMap<string, Permissions>>(new Map());
export const agents = signal<Agent[] | null>(null);
/** Counts up whenever samples changed; the rings themselves are too large to copy each second. */
export const pulse = signal(0);

const rings = new Map<string, Sample[]>();
const seeded = new Set<string>();

/** Objects that this connection told of; what it does not tell of is gone. */
let told = new Set<string>();

export const keyOf = (object: { namespace: string; name: string }): string => `${object.namespace}/${object.name}`;

export const sorted = computed(() =>
  [...deployments.value.values()].sort((a, b) => keyOf(a).localeCompare(keyOf(b))),
);

export function samplesOf(key: string): Sample[] {
  return rings.get(key) ?? [];
}

export function latest(key: string): Sample | undefined {
  return rings.get(key)?.at(-1);
}

export function forget(): void {
  batch(() => {
    deployments.value = new Map();
    operations.value = new Map();
    placements.value = new Map();
    decisions.value = new Map();
    permissions.value = new Map();
    agents.value = null;
    rings.clear();
    seeded.clear();
    pulse.value++;
  });
}

export function beginConnection(): void {
  told = new Set();
  seeded.clear();
}

/** Drops what was deleted while nobody listened. */
export function endOfFirstNews(): void {
  for (const kind of [deployments, operations, placements]) {
    const map = kind.value as ReadonlyMap<string, unknown>;
    if ([...map.keys()].some((key) => !told.has(key))) {
      kind.value = new Map([...map].filter(([key]) => told.has(key))) as never;
    }
  }
}

const KINDS = { deployment: deployments, operation: operations, placement: placements } as const;
const KIND_OF: Record<string, keyof typeof KINDS> = {
  MoEDeployment: "deployment",
  ScaleOperation: "operation",
  ExpertPlacement: "placement",
};

function put(type: keyof typeof KINDS, object: { namespace: string; name: string }): void {
  const key = `${type} ${keyOf(object)}`;
  told.add(key);
  KINDS[type].value = new Map(KINDS[type].value as ReadonlyMap<string, never>).set(key, object as never) as never;
}

export function apply(events: LiveEvent[]): void {
  batch(() => {
    for (const event of events) {
      const owner = `${event.namespace ?? ""}/${event.name ?? ""}`;
      switch (event.type) {
        case "deployment":
        case "operation":
        case "placement":
          put(event.type, event.object as Deployment & Operation & Placement);
          if (event.type === "deployment") {
            void seed(event.object as Deployment);
          }
          break;
        case "gone": {
          const type = KIND_OF[(event.object as { kind: string }).kind];
          if (type) {
            const left = new Map(KINDS[type].value as ReadonlyMap<string, unknown>);
            left.delete(`${type} ${owner}`);
            KINDS[type].value = left as never;
          }
          break;
        }
        case "decision":
          merge(owner, [event.object as Decision]);
          break;
        case "load":
          sample(owner, event.object as Load);
          again(owner);
          break;
        case "agents":
          agents.value = event.object as Agent[];
          break;
        case "alive":
          break;
      }
    }
  });
}

export function deployment(namespace: string, name: string): Deployment | undefined {
  return deployments.value.get(`deployment ${namespace}/${name}`);
}

/** Of one deployment, the newest first. */
export function operationsOf(one: Deployment): Operation[] {
  const began = (operation: Operation) => operation.status?.phases?.[0]?.startedAt ?? "~";
  return [...operations.value.values()]
    .filter((operation) => operation.namespace === one.namespace && operation.deployment === one.name)
    .sort((a, b) => began(b).localeCompare(began(a)) || b.name.localeCompare(a.name));
}

/** Of one deployment, the newest first. */
export function placementsOf(one: Deployment): Placement[] {
  return [...placements.value.values()]
    .filter((placement) => placement.namespace === one.namespace && placement.deployment === one.name)
    .sort((a, b) => b.epoch - a.epoch);
}

/** Adds decisions, the newest first, each once. */
export function merge(key: string, more: Decision[]): void {
  const known = new Map((decisions.value.get(key) ?? []).map((one) => [one.time, one]));
  more.forEach((one) => known.set(one.time, one));
  const all = [...known.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time)).slice(0, DECISIONS);
  decisions.value = new Map(decisions.value).set(key, all);
}

function sample(key: string, load: Load): void {
  const one = deployments.value.get(`deployment ${key}`);
  const { at, expertLoad: _, ...rest } = load;
  const known: Sample = { ...rest, t: Date.parse(at) / 1000, effectiveWidth: one?.effectiveWidth, width: one?.width };
  if (load.missing) {
    // no data is not no traffic
    known.requestsPerSecond = known.promptTokensPerSecond = known.generatedTokensPerSecond = undefined;
    known.inFlight = known.queued = undefined;
  }
  const ring = rings.get(key) ?? [];
  if (known.t > (ring.at(-1)?.t ?? 0)) {
    ring.push(known);
    ring.splice(0, Math.max(0, ring.length - SAMPLES));
    rings.set(key, ring);
    pulse.value++;
  }
}

/** Asks for the past again where it could not be had: the operator that tells of loads leads, and knows it. */
function again(key: string): void {
  const one = deployments.value.get(`deployment ${key}`);
  if (one) {
    void seed(one);
  }
}

/** What happened before this page was opened, or while it had no connection; and what the reader may do. */
async function seed(one: Deployment): Promise<void> {
  const key = keyOf(one);
  if (seeded.has(key)) {
    return;
  }
  seeded.add(key);
  const path = deploymentPath(one.namespace, one.name);
  const [history, past, may] = await Promise.allSettled([
    call<Load[]>("GET", `${path}/history`),
    call<Decision[]>("GET", `${path}/decisions?limit=200`),
    call<Permissions>("GET", `${path}/permissions`),
  ]);
  if (history.status === "fulfilled") {
    fill(key, history.value);
  } else {
    seeded.delete(key); // a standby, or one that begins: asked again with the next event
  }
  if (past.status === "fulfilled") {
    merge(key, past.value);
  }
  if (may.status === "fulfilled") {
    permissions.value = new Map(permissions.value).set(key, may.value);
  }
}

/** Puts points of the history where the ring has none. */
function fill(key: string, history: Load[]): void {
  const ring = rings.get(key) ?? [];
  const have = new Set(ring.map((one) => Math.round(one.t)));
  const older = history
    .map(({ at, expertLoad: _, ...rest }): Sample => ({ ...rest, t: Date.parse(at) / 1000 }))
    .filter((one) => !have.has(Math.round(one.t)));
  const all = [...ring, ...older].sort((a, b) => a.t - b.t).slice(-SAMPLES);
  rings.set(key, all);
  pulse.value++;
}

/** Why the reader may not make that call; empty when they may. */
export function refusal(one: Deployment, operationId: string): string {
  const may = permissions.value.get(keyOf(one));
  if (!may) {
    return "not known yet whether you may";
  }
  return may.allowed.includes(operationId) ? "" : `${may.user} may look, not change this`;
}
