package dev.concertina.operator.fleet;

import dev.concertina.operator.pods.PodName;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Rank;

/** A rank and the accelerator it is bound to. */
public record Seat(AgentView agent, Agents.Member member) {
    public int rank() {
        return member.rank();
    }

    /** True while the rank's process holds its agent's socket. */
    public boolean live() {
        return member.live();
    }

    public int device() {
        return member.device();
    }

    /** Name of the pod that joined last. */
    public String pod() {
        return member.pod();
    }

    /** {@link PodName#epoch} of its pod. */
    long podEpoch() {
        return PodName.epoch(member.pod());
    }

    public String node() {
        return agent.state() == null ? "" : agent.state().node();
    }

    /** As peers know it. */
    public Rank toRank() {
        return new Rank(
                member.rank(),
                node(),
                member.device(),
                agent.address(),
                member.controlAddress(),
                member.exchangeAddress(),
                member.incarnation());
    }
}
