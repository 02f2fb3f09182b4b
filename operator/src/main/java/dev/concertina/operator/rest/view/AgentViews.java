package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.operator.fleet.AgentView;
import dev.concertina.wire.Agents;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Agents and their memory. */
public final class AgentViews {
    private AgentViews() {}

    /** One agent. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "Agent", description = "The agent of one node.")
    public record Agent(
            @Schema(description = "Its control address, host:port.")
            String address,

            @Nullable @Schema(description = "Node; absent when it does not answer.")
            String node,

            @Nullable @Schema(description = "Why there is no answer.")
            String problem,

            @Schema(description = "Accelerators of the node.")
            List<Device> devices,

            @Schema(description = "Ranks bound to an accelerator.")
            List<Member> members,

            @Schema(description = "Live segments, summed by deployment, accelerator and kind.")
            List<Memory> memory) {}

    /** One accelerator. */
    @Schema(name = "Device", description = "One accelerator.")
    public record Device(
            @Schema(description = "Ordinal on its node.") int device,
            @Schema(description = "Physical memory.") long capacityBytes,
            @Schema(description = "Committed pages.") long usedBytes,

            @Schema(description = "Most committed pages since the agent started.")
            long peakBytes) {}

    /** One rank. */
    @Schema(name = "Member", description = "A rank bound to an accelerator.")
    public record Member(
            @Schema(description = "namespace/name of the MoEDeployment.")
            String deployment,

            @Schema(description = "Rank.") int rank,

            @Schema(description = "Ordinal of the accelerator.")
            int device,

            @Schema(description = "Pod that joined.") String pod,

            @Schema(description = "Whether its process lives.")
            boolean live) {}

    /** Memory of one kind. */
    @Schema(name = "Memory", description = "Segments of one kind on one accelerator.")
    public record Memory(
            @Schema(description = "namespace/name of the owner.")
            String deployment,

            @Schema(description = "Ordinal of the accelerator.")
            int device,

            @Schema(description = "dense, expert or kv.") String kind,
            @Schema(description = "Segments.") int segments,
            @Schema(description = "Payload.") long bytes,
            @Schema(description = "Committed pages.") long committedBytes) {}

    public static Agent of(AgentView agent) {
        Agents.State state = agent.state();
        if (state == null) {
            return new Agent(agent.address(), null, agent.problem(), List.of(), List.of(), List.of());
        }
        return new Agent(
                agent.address(),
                state.node(),
                null,
                state.devices().stream()
                        .map(device -> new Device(
                                device.device(), device.capacityBytes(), device.usedBytes(), device.peakBytes()))
                        .toList(),
                state.members().stream()
                        .map(member -> new Member(
                                member.deployment(), member.rank(), member.device(), member.pod(), member.live()))
                        .toList(),
                Memories.of(state.segments()));
    }
}
