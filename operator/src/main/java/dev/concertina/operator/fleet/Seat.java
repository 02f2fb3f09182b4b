package dev.concertina.operator.fleet;

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
