package dev.concertina.memory.agent;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is bound to which device, and the highest Lease term seen: the part of an agent's state that must outlive it. Thread-safe; whoever
 * changes it persists it afterwards.
 */
final class Members {
    /** How long after an agent's start memory of processes that were alive before waits for them. */
    static final Duration GRACE = Duration.ofSeconds(30);

    private final int devices;
    private final InstantSource clock;
    private final Supplier<String> incarnations;
    private final List<Binding> bindings = new ArrayList<>();
    private final Set<Integer> awaited =
            new HashSet<>(); // devices whose process has not come back since this agent started
    private long started;
    private long term;

    Members(int devices, InstantSource clock, Supplier<String> incarnations) {
        this.devices = devices;
        this.clock = clock;
        this.incarnations = incarnations;
        this.started = clock.millis();
    }

    /** What the keeper stores. */
    record Note(long term, List<Binding> bindings) {}

    /** Restores what the last agent knew. Nobody is live until it joins again. */
    synchronized void restore(JsonNode json) {
        Note note = Json.mapper().convertValue(json, Note.class);
        term = Math.max(term, note.term);
        bindings.clear();
        for (Binding binding : note.bindings) {
            bindings.add(binding.live(false));
            if (binding.live()) {
                awaited.add(binding.device());
            }
        }
        started = clock.millis();
    }

    synchronized JsonNode note() {
        return Json.mapper().valueToTree(new Note(term, List.copyOf(bindings)));
    }

    /**
     * Checks a command's term.
     *
     * @return whether it is new and must be persisted
     * @throws ControlException 412 for a lower one than seen before
     */
    synchronized boolean admit(long commandTerm) {
        if (commandTerm < term) {
            throw new ControlException(
                    412, "term " + commandTerm + " is older than term " + term + ", which this agent has seen");
        }
        boolean higher = commandTerm > term;
        term = commandTerm;
        return higher;
    }

    synchronized long term() {
        return term;
    }

    /**
     * Binds a process to its rank's device, or to the lowest free one.
     *
     * @param incarnation what the process was given before, when it comes back to a restarted agent; null for a new process
     * @throws ControlException 409 when the rank's process is alive or no device is free
     */
    synchronized Binding join(JoinRequest request, @Nullable String incarnation) {
        Binding old = find(request.deployment(), request.rank());
        if (old != null && old.live()) {
            throw new ControlException(
                    409,
                    "rank " + request.rank() + " of " + request.deployment() + " is alive as " + old.pod()
                            + "; it must end first");
        }
        if (incarnation != null && (old == null || !incarnation.equals(old.incarnation()))) {
            throw new ControlException(
                    409,
                    "rank " + request.rank() + " of " + request.deployment()
                            + " has passed to another process or was released");
        }
        int device = old != null ? old.device() : lowestFree();
        Binding binding = new Binding(
                request.deployment(),
                request.rank(),
                device,
                request.pod(),
                incarnation != null ? incarnation : incarnations.get(),
                request.controlAddress(),
                request.exchangeAddress(),
                true);
        bindings.remove(old);
        bindings.add(binding);
        awaited.remove(device);
        return binding;
    }

    private int lowestFree() {
        for (int device = 0; device < devices; device++) {
            int candidate = device;
            if (bindings.stream().noneMatch(binding -> binding.device() == candidate)) {
                return device;
            }
        }
        throw new ControlException(409, "all " + devices + " devices of this node are taken; release a rank first");
    }

    /** The process of that binding has ended. */
    synchronized void left(Binding binding) {
        Binding now = find(binding.deployment(), binding.rank());
        if (now != null && now.incarnation().equals(binding.incarnation())) {
            bindings.remove(now);
            bindings.add(now.live(false));
        }
    }

    /**
     * Forgets a rank.
     *
     * @return its binding; null when there is none
     * @throws ControlException 409 while its process lives
     */
    synchronized @Nullable Binding release(String deployment, int rank) {
        Binding binding = find(deployment, rank);
        if (binding == null) {
            return null;
        }
        if (binding.live()) {
            throw new ControlException(
                    409,
                    "rank " + rank + " of " + deployment + " is alive as " + binding.pod() + "; delete its pod first");
        }
        awaits(binding.device());
        bindings.remove(binding);
        return binding;
    }

    /**
     * Whether memory of a device may be freed now.
     *
     * @throws ControlException 409 while the device's process may still come back to this newly started agent
     */
    synchronized void awaits(int device) {
        long left = GRACE.toMillis() - (clock.millis() - started);
        if (awaited.contains(device) && left > 0) {
            throw new ControlException(
                    409,
                    "the agent has just started and waits up to " + (left + 999) / 1000
                            + " s for the process of device " + device + " to come back");
        }
    }

    synchronized @Nullable Binding find(String deployment, int rank) {
        return bindings.stream()
                .filter(binding -> binding.deployment().equals(deployment) && binding.rank() == rank)
                .findFirst()
                .orElse(null);
    }

    synchronized List<Agents.Member> members() {
        return bindings.stream()
                .map(Binding::member)
                .sorted(java.util.Comparator.comparingInt(Agents.Member::device))
                .toList();
    }

    /** Whether a device belongs to a rank of the deployment. */
    synchronized boolean bound(String deployment, int device) {
        return bindings.stream()
                .anyMatch(binding -> binding.device() == device && Objects.equals(binding.deployment(), deployment));
    }
}
