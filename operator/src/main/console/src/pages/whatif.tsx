import { useEffect, useRef, useState } from "preact/hooks";
import { call, deploymentPath, words } from "../api";
import { bytes, number, percent, ranks, seconds } from "../format";
import { Candidates } from "../parts/candidates";
import { HeatMap, parse } from "../parts/heatmap";
import { Fact } from "../parts/operation";
import { keyOf, latest } from "../store";
import type { Deployment, WhatIfAnswer } from "../types";

const SETTLE_MS = 350;

interface Asked {
  width: number;
  chooses: boolean;
  rate: number;
  prompt: number;
  generated: number;
}

/** A load and a width on sliders: what would be. Nothing is changed. */
export function WhatIf({ one }: { one: Deployment }) {
  const now = latest(keyOf(one));
  const [asked, setAsked] = useState<Asked>(() => ({
    width: Math.max(1, one.effectiveWidth),
    chooses: true,
    rate: rounded(now?.requestsPerSecond ?? 1, 1) || 1,
    prompt: Math.round(now?.meanPromptTokens ?? 60) || 60,
    generated: Math.max(1, Math.round(now?.meanGeneratedTokens ?? 60)),
  }));
  const [most] = useState(() => ({
    rate: Math.max(20, Math.ceil(asked.rate * 5)),
    prompt: Math.max(2000, asked.prompt * 4),
    generated: Math.max(2000, asked.generated * 4),
  }));
  const { answer, error, busy } = useAnswer(one, asked);
  const set = (part: Partial<Asked>) => setAsked({ ...asked, ...part });
  return (
    <>
      <section class="card" aria-labelledby="question">
        <h2 id="question">What if</h2>
        <div class="sliders">
          <Slider name="Requests per second" value={asked.rate} least={0} most={most.rate} step={0.1} onInput={(rate) => set({ rate })} />
          <Slider name="Prompt tokens" value={asked.prompt} least={0} most={most.prompt} step={1} onInput={(prompt) => set({ prompt })} />
          <Slider name="Generated tokens" value={asked.generated} least={1} most={most.generated} step={1} onInput={(generated) => set({ generated })} />
          <Slider
            name="Width"
            value={asked.chooses ? (answer?.chosenWidth ?? asked.width) : asked.width}
            least={1}
            most={Math.max(16, one.spec.scaling?.maxWidth ?? 16)}
            step={1}
            disabled={asked.chooses}
            onInput={(width) => set({ width })}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={asked.chooses}
              onChange={(event) => set({ chooses: event.currentTarget.checked, width: answer?.chosenWidth ?? asked.width })}
            />{" "}
            the scheduler chooses the width
          </label>
        </div>
        {error && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
      </section>
      <div aria-live="polite" aria-busy={busy}>
        {answer && <Would answer={answer} />}
      </div>
      {answer?.placement && (
        <section class="card" aria-labelledby="would-lie">
          <h2 id="would-lie">Where experts would lie</h2>
          <p class="note">{answer.placement.message}</p>
          <HeatMap table={parse(answer.placement.table)} load={[]} coloring="accelerator" place={(rank) => `rank ${rank}`} />
        </section>
      )}
    </>
  );
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function Slider(props: {
  name: string;
  value: number;
  least: number;
  most: number;
  step: number;
  disabled?: boolean;
  onInput: (value: number) => void;
}) {
  const { name, value, least, most, step, disabled, onInput } = props;
  const input = (event: { currentTarget: HTMLInputElement }) => {
    const typed = event.currentTarget.valueAsNumber;
    if (Number.isFinite(typed) && typed >= least) {
      onInput(typed);
    }
  };
  return (
    <div class="slider">
      <span aria-hidden="true">{name}</span>
      <input type="range" min={least} max={most} step={step} value={Math.min(value, most)} disabled={disabled} onInput={input} aria-label={name} />
      <input type="number" min={least} step={step} value={value} disabled={disabled} onInput={input} aria-label={`${name}, exactly`} />
    </div>
  );
}

/** One question at a time; the newest wins. */
function useAnswer(one: Deployment, asked: Asked) {
  const [answer, setAnswer] = useState<WhatIfAnswer>();
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const newest = useRef(0);
  const asking = useRef<Promise<void>>(Promise.resolve());
  useEffect(() => {
    const turn = ++newest.current;
    const timer = setTimeout(() => {
      setBusy(true);
      asking.current = asking.current.then(async () => {
        if (turn !== newest.current) {
          return;
        }
        try {
          const body = {
            ...(asked.chooses ? {} : { width: asked.width }),
            load: { requestsPerSecond: asked.rate, promptTokens: asked.prompt, generatedTokens: asked.generated },
          };
          const said = await call<WhatIfAnswer>("POST", `${deploymentPath(one.namespace, one.name)}/what-if`, body);
          if (turn === newest.current) {
            setAnswer(said);
            setError("");
          }
        } catch (problem) {
          if (turn === newest.current) {
            setError(words(problem));
          }
        } finally {
          setBusy(false);
        }
      });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [asked, one.namespace, one.name, one.effectiveWidth]);
  return { answer, error, busy };
}

function Would({ answer }: { answer: WhatIfAnswer }) {
  const { slo, transition, placement } = answer;
  return (
    <section class="card" aria-labelledby="would">
      <h2 id="would">
        With {ranks(answer.width)}: {percent(slo.attainment)} within the objective{" "}
        <span class={`badge ${slo.met ? "good" : "bad"}`}>{slo.met ? "met" : "missed"}</span>
      </h2>
      <p>
        {answer.effectiveWidth === answer.width
          ? "That is the width that serves now."
          : transition.possible
            ? `From ${ranks(answer.effectiveWidth)}, it would take ${
                transition.seconds === undefined ? "a time that nothing was measured of yet" : seconds(transition.seconds)
              } (${transition.secondsFrom}).`
            : `It cannot be had now: ${transition.reason ?? "no reason given"}.`}{" "}
        {answer.chosenWidth !== answer.width && `The scheduler would choose ${ranks(answer.chosenWidth)}.`}
      </p>
      <dl class="facts">
        <Fact name="Objective" value={percent(slo.objective)} />
        <Fact name="Use of the ranks" value={slo.utilization >= 999 ? "endless" : percent(slo.utilization)} />
        <Fact name="Bytes that stay" value={bytes(transition.bytesKept)} />
        <Fact name="Bytes copied" value={bytes(transition.bytesCopied)} />
        <Fact name="Bytes read from files" value={bytes(transition.bytesLoaded)} />
        <Fact name="Experts moved or copied" value={number(placement?.expertsMoved)} />
        <Fact name="Imbalance" value={number(placement?.imbalance, 3)} />
      </dl>
      <Candidates candidates={answer.candidates} chosen={answer.chosenWidth} />
    </section>
  );
}
