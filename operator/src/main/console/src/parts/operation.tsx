import { useEffect, useState } from "preact/hooks";
import { bytes, clock, number, ranks, seconds } from "../format";
import type { Bytes, Deployment, Operation, PhaseRecord } from "../types";
import { Cancel } from "./actions";

const PHASES = ["Planned", "Provisioning", "Staging", "Warming", "Committing", "Migrating", "Reclaiming", "Succeeded"];

const DOES: Record<string, string> = {
  Planned: "placement and transition are computed",
  Provisioning: "worker pods start and join",
  Staging: "weights are copied beside the old ones",
  Warming: "new ranks map what is theirs",
  Committing: "all ranks take the new epoch",
  Migrating: "sequences move off the ranks that leave",
  Reclaiming: "what only the old epoch used is freed",
  Succeeded: "done",
  RollingBack: "what was added is taken away",
  RolledBack: "it is as it was",
  Failed: "it did not work",
};

/** Seconds of a phase; one that is not over counts to now. */
function length(record: PhaseRecord, now: number): number {
  return Math.max(0, ((record.endedAt ? Date.parse(record.endedAt) : now) - Date.parse(record.startedAt)) / 1000);
}

export function operationSeconds(operation: Operation): number | undefined {
  const phases = operation.status?.phases ?? [];
  const first = phases[0];
  const last = phases.at(-1);
  return first && last?.endedAt ? (Date.parse(last.endedAt) - Date.parse(first.startedAt)) / 1000 : undefined;
}

export function what(operation: Operation): string {
  return operation.fromWidth === operation.toWidth
    ? `${ranks(operation.toWidth)}, placement or repair`
    : `${operation.fromWidth} → ${ranks(operation.toWidth)}`;
}

/** One operation, phase by phase, with the bytes that it moves. */
export function OperationCard({ one, operation, heading }: { one: Deployment; operation: Operation; heading: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (operation.ended) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [operation.ended]);
  const status = operation.status ?? {};
  const records = status.phases ?? [];
  const seen = new Set(records.map((record) => record.phase));
  const ahead = operation.ended || operation.phase === "RollingBack" ? [] : PHASES.filter((phase) => !seen.has(phase));
  const total = operationSeconds(operation);
  const id = `operation-${operation.name}`;
  return (
    <section class="card" aria-labelledby={id}>
      <div class="row spread">
        <h2 id={id}>
          {heading}: {what(operation)}
        </h2>
        {!operation.ended && <Cancel one={one} operation={operation} />}
      </div>
      <p class="note">
        <b>{operation.name}</b>
        {operation.requester && `, asked for by ${operation.requester}`}
        {operation.reason && `: ${operation.reason}`}
        {total !== undefined && `. Took ${seconds(total)}.`}
      </p>
      {status.error && <p class="error">{status.error}</p>}
      <ol class="phases">
        {records.map((record, i) => (
          <li
            key={`${record.phase}${i}`}
            class={state(operation, record, i === records.length - 1)}
            aria-current={!operation.ended && i === records.length - 1 ? "step" : undefined}
          >
            <b>{record.phase}</b>{" "}
            {record.phase !== "Succeeded" && <span class="seconds">{seconds(length(record, now))}</span>}
            <small>
              {clock(record.startedAt)} · {record.message ?? DOES[record.phase]}
            </small>
          </li>
        ))}
        {ahead.map((phase) => (
          <li key={phase} class="ahead">
            <b>{phase}</b>
            <small>{DOES[phase]}</small>
          </li>
        ))}
      </ol>
      <Moved
        planned={status.planned}
        done={status.done}
        moving={!operation.ended && operation.phase === "Staging"}
        ended={operation.ended}
      />
      <dl class="facts">
        <Fact name="Peak of the fullest accelerator" value={bytes(status.peakBytes)} />
        <Fact name="Sequences moved" value={number(status.sequencesMoved ?? 0)} />
        <Fact name="Requests lost" value={number(status.requestsLost ?? 0)} />
      </dl>
    </section>
  );
}

function state(operation: Operation, record: PhaseRecord, last: boolean): string {
  if (["Failed", "RollingBack", "RolledBack"].includes(record.phase)) {
    return "failed";
  }
  return last && !operation.ended ? "now" : "over";
}

export function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const KINDS = [
  ["kept", "stay where they are"],
  ["copied", "copied from accelerators"],
  ["loaded", "read from files"],
] as const;

interface MovedOf {
  planned?: Bytes;
  done?: Bytes;
  /** Staging is under way, and done grows. */
  moving: boolean;
  ended: boolean;
}

function Moved({ planned, done, moving, ended }: MovedOf) {
  const shown = done ?? planned;
  if (!shown) {
    return <p class="note">Bytes are known when it is planned.</p>;
  }
  const whole = (moving && planned) || shown; // what is not there yet stays empty
  const all = Math.max(1, whole.kept + whole.copied + whole.loaded);
  return (
    <div class="moved">
      <div class="stack" aria-hidden="true">
        {KINDS.map(([kind]) => (
          <i key={kind} class={kind} style={{ width: `${(100 * shown[kind]) / all}%` }} />
        ))}
      </div>
      <ul class="legend">
        {KINDS.map(([kind, meaning]) => (
          <li key={kind}>
            <i class={`dot ${kind}`} aria-hidden="true" /> <b>{bytes(shown[kind])}</b> {meaning}
          </li>
        ))}
      </ul>
      {!done && !ended && <p class="note">As planned; nothing has moved yet.</p>}
      {moving && done && planned && (
        <p class="note">
          {bytes(done.copied + done.loaded)} of {bytes(planned.copied + planned.loaded)} have moved so far.
        </p>
      )}
    </div>
  );
}
