import { useState } from "preact/hooks";
import { clock, label, number, ranks } from "../format";
import { Candidates } from "../parts/candidates";
import { decisions, keyOf } from "../store";
import type { Decision, Deployment } from "../types";

const STEP = 25;

/** Decisions with their reasons and the widths that lost, the newest first. */
export function Decisions({ one }: { one: Deployment }) {
  const [changes, setChanges] = useState(true);
  const [most, setMost] = useState(STEP);
  const all = decisions.value.get(keyOf(one)) ?? [];
  const shown = all.filter((decision) => !changes || decision.width !== decision.widthBefore);
  const last = all[0];
  return (
    <>
      {last && (
        <section class="card" aria-labelledby="last-decision">
          <h2 id="last-decision">
            Now: {headline(last)} <small>{clock(last.time)}</small>
          </h2>
          <Why decision={last} />
        </section>
      )}
      <section class="card" aria-labelledby="decisions">
        <div class="row spread">
          <h2 id="decisions">Decisions</h2>
          <label class="check">
            <input
              type="checkbox"
              checked={changes}
              onChange={(event) => {
                setChanges(event.currentTarget.checked);
                setMost(STEP);
              }}
            />{" "}
            only those that chose another width
          </label>
        </div>
        {shown.length === 0 && (
          <p class="empty">
            {one.mode === "Manual"
              ? "None: under mode Manual a person decides."
              : all.length === 0
                ? "None yet: the first comes with the first traffic."
                : "None of those that the operator remembers chose another width."}
          </p>
        )}
        {shown.slice(0, most).map((decision) => (
          <details key={decision.time} class="decision">
            <summary>
              <time dateTime={decision.time}>{clock(decision.time)}</time> <b>{headline(decision)}</b>
              {decision.applied && <span class="badge good">applied</span>}
              <span class="reason">{decision.reasons[0]}</span>
            </summary>
            <Why decision={decision} />
          </details>
        ))}
        {shown.length > most && (
          <button type="button" onClick={() => setMost(most + STEP)}>
            Show {Math.min(STEP, shown.length - most)} more of {shown.length - most}
          </button>
        )}
      </section>
    </>
  );
}

function headline(decision: Decision): string {
  return decision.width === decision.widthBefore
    ? `stay at ${ranks(decision.width)}`
    : `${decision.widthBefore} → ${ranks(decision.width)}`;
}

function Why({ decision }: { decision: Decision }) {
  return (
    <div class="why">
      <ul>
        {decision.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <Candidates candidates={decision.candidates} chosen={decision.width} />
      <div class="figures-row">
        <Figures title="Demand expected, tokens of work per second" of={decision.forecast} />
        <Figures title="The traffic it was made from" of={decision.load} />
      </div>
    </div>
  );
}

/** Whatever numbers there are: what a decision rests on may become more. */
function Figures({ title, of }: { title: string; of?: Record<string, unknown> }) {
  const figures = Object.entries(of ?? {}).filter(
    ([, value]) => typeof value === "number" || typeof value === "string" || typeof value === "boolean",
  );
  if (figures.length === 0) {
    return null;
  }
  return (
    <details class="figures">
      <summary>{title}</summary>
      <dl class="facts">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{label(name)}</dt>
            <dd>{typeof value === "number" ? number(value, 2) : String(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
