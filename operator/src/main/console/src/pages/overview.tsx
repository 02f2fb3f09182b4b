import { useMemo, useState } from "preact/hooks";
import { clock, durationMs, millis, number, percent, ranks } from "../format";
import { Actions } from "../parts/actions";
import { Chart, type Band, type Line } from "../parts/chart";
import { OperationCard } from "../parts/operation";
import { Table } from "../parts/table";
import { href } from "../route";
import { decisions, keyOf, latest, operationsOf, pulse, samplesOf, type Sample } from "../store";
import type { Deployment } from "../types";
import { Badges } from "./deployments";

const RANGES = [
  [2, "2 minutes"],
  [10, "10 minutes"],
  [30, "30 minutes"],
  [60, "1 hour"],
] as const;

/** Without a sample for so long the lines have a hole. */
const HOLE_SECONDS = 7;

/** Live: how much, how fast, how well, how wide; and what is under way. */
export function Overview({ one }: { one: Deployment }) {
  const key = keyOf(one);
  const now = latest(key);
  const operation = operationsOf(one)[0];
  const decision = decisions.value.get(key)?.[0];
  const slo = one.spec.slo ?? {};
  const objective = slo.attainment;
  void pulse.value;
  return (
    <>
      <div class="tiles">
        <Tile name="Serving" value={ranks(one.effectiveWidth)} note={one.width === one.effectiveWidth ? one.mode : `${one.width} wanted, ${one.mode}`} />
        <Tile name="Requests/s" value={number(now?.requestsPerSecond)} note={`${number(now?.queued)} queued, ${number(now?.inFlight)} in flight`} />
        <Tile name="Tokens/s" value={number(now?.generatedTokensPerSecond)} note={`${number(now?.promptTokensPerSecond)} of prompts`} />
        <Tile name="First token, p99" value={millis(now?.ttftP99Ms)} note={`objective ${slo.timeToFirstToken ?? "none"}`} />
        <Tile name="Per token, p99" value={millis(now?.tpotP99Ms)} note={`objective ${slo.timePerOutputToken ?? "none"}`} />
        <Tile
          name="Within the objective"
          value={percent(now?.attainment)}
          note={`objective ${percent(objective)}`}
          tone={now?.attainment === undefined || objective === undefined ? "" : now.attainment >= objective ? "good" : "bad"}
        />
      </div>
      <p class="state">
        <Badges conditions={one.conditions} /> {one.paused && <span class="badge bad">paused</span>}
      </p>
      <Charts one={one} />
      <div class="columns">
        {operation ? (
          <OperationCard one={one} operation={operation} heading={operation.ended ? "Last operation" : "Under way"} key={operation.name} />
        ) : (
          <section class="card">
            <h2>No operation yet</h2>
          </section>
        )}
        <div>
          <Actions one={one} />
          {decision && (
            <section class="card" aria-labelledby="why">
              <h2 id="why">
                Last decision: {ranks(decision.width)} <small>{clock(decision.time)}</small>
              </h2>
              <ul>
                {decision.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
              <a href={href(one, "decisions")}>All decisions, and what lost</a>
            </section>
          )}
        </div>
      </div>
    </>
  );
}

function Tile({ name, value, note, tone = "" }: { name: string; value: string; note: string; tone?: string }) {
  return (
    <div class={`tile ${tone}`}>
      <span>{name}</span>
      <b>{value}</b>
      <small>{note}</small>
    </div>
  );
}

type Figure = Exclude<keyof Sample, "t" | "missing">;

function Charts({ one }: { one: Deployment }) {
  const [minutes, setMinutes] = useState(10);
  const [wholeTable, setWholeTable] = useState(false);
  const beat = pulse.value;
  const key = keyOf(one);
  const to = Date.now() / 1000;
  const from = to - 60 * minutes;
  const samples = useMemo(() => withHoles(samplesOf(key).filter((sample) => sample.t >= from)), [beat, key, minutes]);
  const times = useMemo(() => samples.map((sample) => sample.t), [samples]);
  const values = (figure: Figure) => samples.map((sample) => sample[figure] ?? null);
  const slo = one.spec.slo ?? {};
  const flat = (value: number | undefined) => samples.map(() => value ?? null);
  const bands: Band[] = operationsOf(one).flatMap((operation) => {
    const phases = operation.status?.phases ?? [];
    const began = phases[0]?.startedAt;
    const ended = phases.at(-1)?.endedAt;
    return began ? [{ from: Date.parse(began) / 1000, to: ended ? Date.parse(ended) / 1000 : to }] : [];
  });
  const lines = useMemo(() => {
    const line = (label: string, color: string, figure: Figure, more: Partial<Line> = {}): Line => ({ label, color, values: values(figure), ...more });
    const limit = (value: number | undefined): Line[] =>
      value === undefined ? [] : [{ label: "objective", color: "limit", values: flat(value), dashed: true }];
    return {
      requests: [line("requests/s", "line-a", "requestsPerSecond", { fill: true }), line("queued", "line-b", "queued")],
      tokens: [line("generated", "line-a", "generatedTokensPerSecond", { fill: true }), line("prompts", "line-b", "promptTokensPerSecond")],
      first: [line("p50", "line-a", "ttftP50Ms"), line("p99", "line-b", "ttftP99Ms"), ...limit(durationMs(slo.timeToFirstToken))],
      each: [line("p50", "line-a", "tpotP50Ms"), line("p99", "line-b", "tpotP99Ms"), ...limit(durationMs(slo.timePerOutputToken))],
      met: [line("within", "line-a", "attainment", { fill: true }), ...limit(slo.attainment)],
      width: [line("serving", "line-a", "effectiveWidth", { stepped: true, fill: true }), line("wanted", "line-b", "width", { stepped: true, dashed: true })],
    };
  }, [samples, slo.timeToFirstToken, slo.timePerOutputToken, slo.attainment]);
  const shared = { times, bands, from, to };
  return (
    <section class="card" aria-labelledby="live">
      <div class="row spread">
        <h2 id="live">Over time</h2>
        <label>
          <span class="hidden">Shown time</span>
          <select value={minutes} onChange={(event) => setMinutes(Number(event.currentTarget.value))}>
            {RANGES.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="charts">
        <Chart title="Width, ranks" {...shared} lines={lines.width} format={(value) => number(value, 0)} integers />
        <Chart title="Requests" {...shared} lines={lines.requests} format={(value) => number(value)} />
        <Chart title="Within the objective" {...shared} lines={lines.met} format={percent} max={1.04} />
        <Chart title="Time to first token" {...shared} lines={lines.first} format={millis} />
        <Chart title="Time per output token" {...shared} lines={lines.each} format={millis} />
        <Chart title="Tokens/s" {...shared} lines={lines.tokens} format={(value) => number(value)} />
      </div>
      <p class="note">Shaded: an operation was under way. A hole: nothing is known.</p>
      <details onToggle={(event) => setWholeTable(event.currentTarget.open)}>
        <summary>The same as a table</summary>
        {wholeTable && <Values samples={samples} />}
      </details>
    </section>
  );
}

/** Puts an empty sample where there was none for long, so that no line is drawn across. */
function withHoles(samples: Sample[]): Sample[] {
  return samples.flatMap((sample, i) => {
    const before = samples[i - 1];
    return before && sample.t - before.t > HOLE_SECONDS ? [{ t: before.t + 1 }, sample] : [sample];
  });
}

function Values({ samples }: { samples: Sample[] }) {
  const known = samples.filter((sample) => sample.effectiveWidth !== undefined);
  const every = Math.max(1, Math.ceil(known.length / 40));
  return (
    <Table label="Load, latencies and width over time">
      <thead>
        <tr>
          {["Time", "Serving", "Wanted", "Requests/s", "Queued", "First token p50", "p99", "Per token p50", "p99", "Within"].map((name) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {known
          .filter((_, i) => (known.length - 1 - i) % every === 0)
          .reverse()
          .map((sample) => (
            <tr key={sample.t}>
              <th scope="row">{clock(sample.t * 1000)}</th>
              <td>{number(sample.effectiveWidth)}</td>
              <td>{number(sample.width)}</td>
              <td>{number(sample.requestsPerSecond)}</td>
              <td>{number(sample.queued)}</td>
              <td>{millis(sample.ttftP50Ms)}</td>
              <td>{millis(sample.ttftP99Ms)}</td>
              <td>{millis(sample.tpotP50Ms)}</td>
              <td>{millis(sample.tpotP99Ms)}</td>
              <td>{percent(sample.attainment)}</td>
            </tr>
          ))}
      </tbody>
    </Table>
  );
}
