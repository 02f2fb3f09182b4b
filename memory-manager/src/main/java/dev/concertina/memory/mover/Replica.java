package dev.concertina.memory.mover;

import dev.concertina.wire.ObjectId;

/**
 * A copy of an object on another node.
 *
 * @param agentAddress {@code host:port} of the control server of the agent that has it
 * @param deployment {@code namespace/name}
 * @param object which one
 * @param device accelerator ordinal there
 */
public record Replica(String agentAddress, String deployment, ObjectId object, int device) {
    @Override
    public String toString() {
        return object + " of " + deployment + " on device " + device + " of " + agentAddress;
    }
}
