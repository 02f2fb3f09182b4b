/** What the admin API answers, as far as the console shows it; docs/openapi.yaml is the contract. */

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

export interface Deployment {
  namespace: string;
  name: string;
  resourceVersion: string;
  mode: "Auto" | "Manual" | "Advisory";
  paused: boolean;
  width: number;
  effectiveWidth: number;
  epoch?: number;
  placement?: string;
  activeOperation?: string;
  conditions: Condition[];
  spec: {
    model?: { source?: string };
    scaling?: { minWidth?: number; maxWidth?: number };
    slo?: { timeToFirstToken?: string; timePerOutputToken?: string; attainment?: number };
  };
}

export interface Bytes {
  kept: number;
  copied: number;
  loaded: number;
}

export interface PhaseRecord {
  phase: string;
  startedAt: string;
  endedAt?: string;
  message?: string;
}

export interface Operation {
  namespace: string;
  name: string;
  deployment: string;
  fromWidth: number;
  toWidth: number;
  phase: string;
  ended: boolean;
  reason?: string;
  requester?: string;
  status?: {
    phases?: PhaseRecord[];
    planned?: Bytes;
    done?: Bytes;
    peakBytes?: number;
    requestsLost?: number;
    sequencesMoved?: number;
    error?: string;
  };
}

export interface Placement {
  namespace: string;
  name: string;
  deployment: string;
  epoch: number;
  ranks: number;
  applied: boolean;
  imbalance?: number;
  expertsMoved?: number;
  table: string[];
}

/** One width considered; a newer operator may say more of it. */
export interface Candidate {
  width: number;
  attainment: number;
  utilization: number;
  verdict: string;
  [more: string]: unknown;
}

export interface Decision {
  time: string;
  widthBefore: number;
  width: number;
  applied: boolean;
  reasons: string[];
  candidates: Candidate[];
  forecast?: Record<string, unknown>;
  load?: Record<string, unknown>;
}

/** Of an event, and a point of the history. */
export interface Load {
  at: string;
  missing?: boolean;
  effectiveWidth?: number;
  width?: number;
  requestsPerSecond?: number;
  promptTokensPerSecond?: number;
  generatedTokensPerSecond?: number;
  meanPromptTokens?: number;
  meanGeneratedTokens?: number;
  inFlight?: number;
  queued?: number;
  ttftP50Ms?: number;
  ttftP99Ms?: number;
  tpotP50Ms?: number;
  tpotP99Ms?: number;
  attainment?: number;
  kvUse?: number;
  expertLoad?: number[][];
}

export interface Agent {
  address: string;
  node?: string;
  problem?: string;
  devices: { device: number; capacityBytes: number; usedBytes: number; peakBytes: number }[];
  members: { deployment: string; rank: number; device: number; pod: string; live: boolean }[];
  memory: { deployment: string; device: number; kind: string; segments: number; bytes: number; committedBytes: number }[];
}

export interface LiveEvent {
  type: "deployment" | "operation" | "placement" | "decision" | "load" | "agents" | "gone" | "alive";
  namespace?: string;
  name?: string;
  object?: unknown;
}

export interface Permissions {
  user: string;
  allowed: string[];
}

export interface WhatIfAnswer {
  effectiveWidth: number;
  width: number;
  chosenWidth: number;
  load: { requestsPerSecond: number; promptTokens: number; generatedTokens: number };
  slo: { attainment: number; objective: number; met: boolean; utilization: number };
  candidates: Candidate[];
  placement?: { imbalance: number; expertsMoved: number; message: string; table: string[] };
  transition: {
    possible: boolean;
    reason?: string;
    bytesKept: number;
    bytesCopied: number;
    bytesLoaded: number;
    seconds?: number;
    secondsFrom: string;
  };
}
