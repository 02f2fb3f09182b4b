import { useState } from "preact/hooks";
import { call, deploymentPath } from "../api";
import { ranks } from "../format";
import { decisions, keyOf, operationsOf, placementsOf, refusal } from "../store";
import type { Deployment, Operation } from "../types";
import { confirm } from "./confirm";

/** What may be asked of a deployment. What the token may not do is there, switched off, with the reason beside it. */
export function Actions({ one }: { one: Deployment }) {
  const [wanted, setWanted] = useState("");
  const path = deploymentPath(one.namespace, one.name);
  const width = wanted === "" ? one.width : Number(wanted);
  const least = one.spec.scaling?.minWidth ?? 1;
  const most = one.spec.scaling?.maxWidth ?? 1024;
  const last = decisions.value.get(keyOf(one))?.[0];
  // one that was made for another width than serves by now is no proposal any more
  const fresh = one.mode === "Advisory" && last?.widthBefore === one.effectiveWidth;
  const proposed = fresh && last.width !== one.width ? last : undefined;
  const earlier = placementsOf(one).filter((placement) => placement.applied && placement.name !== one.placement);
  const calls = ["requestWidth", one.paused ? "resume" : "pause", "rollBack"] as const;
  const refusals = [...new Set(calls.map((id) => refusal(one, id)).filter((why) => why !== ""))];
  const may = (id: string) => refusal(one, id) === "";

  function scale(event: Event) {
    event.preventDefault();
    confirm({
      title: `Ask for ${ranks(width)}?`,
      text:
        `${one.name} has ${ranks(one.effectiveWidth)} now. It goes on serving while it changes.` +
        (one.mode === "Auto" ? " Under mode Auto the width holds until the next decision." : ""),
      yes: `Ask for ${ranks(width)}`,
      act: async () => {
        await call("PUT", `${path}/scale`, { width });
        setWanted("");
        return `${one.name}: ${ranks(width)} asked for`;
      },
    });
  }

  function pause() {
    const verb = one.paused ? "resume" : "pause";
    confirm({
      title: one.paused ? `Resume ${one.name}?` : `Pause ${one.name}?`,
      text: one.paused
        ? "Operations start again as soon as another width is wanted."
        : "It goes on serving as it is. No new operation starts; one under way ends by itself.",
      yes: one.paused ? "Resume" : "Pause",
      act: async () => {
        await call("POST", `${path}/${verb}`);
        return `${one.name} is ${one.paused ? "resumed" : "paused"}`;
      },
    });
  }

  function approve() {
    if (!proposed) {
      return;
    }
    confirm({
      title: `Approve ${ranks(proposed.width)}?`,
      text: proposed.reasons.join(" "),
      yes: "Approve",
      act: async () => {
        await call("POST", `${path}/approve`, { decision: proposed.time });
        return `${one.name}: ${ranks(proposed.width)} approved`;
      },
    });
  }

  function back(to: "width" | "placement") {
    confirm({
      title: to === "width" ? "Go back to the width before?" : "Go back to the placement before?",
      text:
        to === "width"
          ? "A new operation goes back to the width before the last change."
          : `A new operation goes back to placement ${earlier[0]?.name ?? ""}, which is then pinned; mode Auto does not allow that.`,
      yes: "Go back",
      danger: true,
      act: async () => {
        await call("POST", `${path}/rollback`, { to });
        return `${one.name} goes back`;
      },
    });
  }

  return (
    <section class="card" aria-labelledby="actions">
      <h2 id="actions">Change</h2>
      {refusals.map((why) => (
        <p class="note" key={why}>
          Read-only: {why}.
        </p>
      ))}
      <form class="row" onSubmit={scale}>
        <label>
          Width{" "}
          <input
            type="number"
            min={least}
            max={most}
            step={1}
            required
            value={wanted === "" ? one.width : wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
            disabled={!may("requestWidth")}
          />
        </label>
        <button type="submit" class="primary" disabled={!may("requestWidth") || width === one.width}>
          Ask for it
        </button>
        <small>
          {least} to {most}
        </small>
      </form>
      <div class="row">
        <button type="button" onClick={pause} disabled={!may(one.paused ? "resume" : "pause")}>
          {one.paused ? "Resume" : "Pause"}
        </button>
        <button type="button" onClick={() => back("width")} disabled={!may("rollBack") || operationsOf(one).length < 2}>
          Back to the width before
        </button>
        <button
          type="button"
          onClick={() => back("placement")}
          disabled={!may("rollBack") || earlier.length === 0 || one.mode === "Auto"}
        >
          Back to the placement before
        </button>
        {proposed && (
          <button type="button" class="primary" onClick={approve} disabled={!may("approve")}>
            Approve {ranks(proposed.width)}
          </button>
        )}
      </div>
    </section>
  );
}

export function Cancel({ one, operation }: { one: Deployment; operation: Operation }) {
  const why = refusal(one, "cancelOperation");
  const late = ["Committing", "Migrating", "Reclaiming"].includes(operation.phase);
  function cancel() {
    confirm({
      title: `Cancel ${operation.name}?`,
      text:
        "What it added is taken away; the model goes on serving as before." +
        (one.paused ? "" : " The width stays wanted: pause the deployment, or it is tried again."),
      yes: "Roll it back",
      danger: true,
      act: async () => {
        await call("POST", `${deploymentPath(one.namespace, one.name)}/operations/${operation.name}/cancel`);
        return `${operation.name} is rolled back, unless it commits first`;
      },
    });
  }
  return (
    <button type="button" class="danger" onClick={cancel} disabled={why !== "" || late} title={why || undefined}>
      {late ? "Too late to cancel" : "Cancel"}
    </button>
  );
}
