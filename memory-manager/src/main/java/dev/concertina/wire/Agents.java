package dev.concertina.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Messages of a node agent's control API, {@code docs/protocols.md}. All byte counts are of tensors, unless said to be committed pages. */
public final class Agents {
    private Agents() {}

    /**
     * {@code GET /v1/state}.
     *
     * @param node node name
     * @param term highest Lease term seen in a command
     * @param devices accelerators of the node in ordinal order
     * @param segments live segments
     * @param members ranks bound to a device here, with or without a live process
     * @param stagingBytesPerSecond cap on what staging moves; null: none
     * @param peaks what devices held at most during the last operations; absent from older agents
     */
    public record State(
            String node,
            long term,
            List<Device> devices,
            List<Segment> segments,
            List<Member> members,
            @Nullable Long stagingBytesPerSecond,
            @Nullable List<Peak> peaks) {
        /** A node that stages as fast as it can and has staged nothing yet. */
        public State(String node, long term, List<Device> devices, List<Segment> segments, List<Member> members) {
            this(node, term, devices, segments, members, null, null);
        }
    }

    /**
     * What a device held at most from the beginning of an operation's staging until the next operation began there.
     *
     * @param bytes committed pages
     */
    public record Peak(String operation, int device, long bytes) {}

    /**
     * One accelerator.
     *
     * @param device ordinal
     * @param capacityBytes physical memory
     * @param usedBytes committed pages now
     * @param peakBytes highest {@code usedBytes} since the agent started
     * @param promisedBytes set aside for stagings under way; absent from older agents
     * @param uuid the driver's name of it; absent for a simulated one
     */
    public record Device(
            int device,
            long capacityBytes,
            long usedBytes,
            long peakBytes,
            @Nullable Long promisedBytes,
            @Nullable String uuid) {}

    /**
     * One physical allocation.
     *
     * @param segment unique id on its node
     * @param deployment {@code namespace/name} of the owner
     * @param object what it holds
     * @param device ordinal
     * @param bytes payload
     * @param committedBytes pages, a multiple of the granule
     * @param crc32c of the payload, 0 for KV
     * @param leases client processes that map it
     * @param operation the operation that staged it
     */
    public record Segment(
            String segment,
            String deployment,
            ObjectId object,
            int device,
            long bytes,
            long committedBytes,
            long crc32c,
            int leases,
            String operation) {}

    /**
     * A rank bound to a device.
     *
     * @param pod name of the pod that joined
     * @param live whether its process holds the socket now; the other addresses are those of the last process
     */
    public record Member(
            String deployment,
            int rank,
            int device,
            String pod,
            String incarnation,
            String controlAddress,
            String exchangeAddress,
            boolean live) {}

    /**
     * {@code GET /v1/model?path=}: the shape of a model folder, from {@code config.json} and the safetensors headers.
     *
     * @param layers MoE layers
     * @param experts logical experts per layer
     * @param topK experts per token
     * @param denseBytes all tensors that are not routed experts
     * @param expertBytes largest expert (all three matrices)
     * @param maxContext positions
     */
    public record Model(int layers, int experts, int topK, long denseBytes, long expertBytes, int maxContext) {}

    /**
     * {@code POST /v1/stage}: bring objects onto a device. Idempotent by (operation, device): a repeated request answers the
     * status of the first. Nothing staged is visible to other devices' ranks; existing objects are never overwritten.
     *
     * @param model path of the model folder on the node
     * @param kvBytes KV pool to have on the device when done, 0 to leave as is
     */
    public record Stage(
            long term, String operation, String deployment, String model, int device, long kvBytes, List<Step> steps) {}

    /**
     * One step of a stage request.
     *
     * @param source where to copy from; null: read from the model's files (once per node, then fanned out)
     * @param others replicas to turn to, in order, when the copy from {@code source} fails; null: none
     */
    public record Step(
            ObjectId object,
            @Nullable Source source,
            @Nullable List<Source> others) {
        /** A step with one source. */
        public Step(ObjectId object, @Nullable Source source) {
            this(object, source, null);
        }
    }

    /**
     * A live copy elsewhere.
     *
     * @param agentAddress {@code host:port} of the agent that owns it; the receiving agent's own address means a copy within the node
     * @param device its device there
     */
    public record Source(String agentAddress, int device) {}

    /** How far a staging is. */
    public enum StageState {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED
    }

    /**
     * {@code GET /v1/stage?operation=&device=}.
     *
     * @param bytesCopied payload copied from another device, in this node or from another
     * @param bytesLoaded payload read from files onto this device
     * @param peakBytes highest committed bytes of the device during this staging
     * @param bytesDone payload that is there by now, of objects under way too
     * @param bytesTotal payload of all steps
     * @param error why it failed, one sentence
     */
    public record StageStatus(
            String operation,
            int device,
            StageState state,
            int stepsDone,
            int stepsTotal,
            long bytesCopied,
            long bytesLoaded,
            long peakBytes,
            long bytesDone,
            long bytesTotal,
            @Nullable String error) {
        /** A status without progress within its steps. */
        public StageStatus(
                String operation,
                int device,
                StageState state,
                int stepsDone,
                int stepsTotal,
                long bytesCopied,
                long bytesLoaded,
                long peakBytes,
                @Nullable String error) {
            this(
                    operation,
                    device,
                    state,
                    stepsDone,
                    stepsTotal,
                    bytesCopied,
                    bytesLoaded,
                    peakBytes,
                    bytesCopied + bytesLoaded,
                    bytesCopied + bytesLoaded,
                    error);
        }
    }

    /** {@code POST /v1/cancel}: stop the operation's staging on all devices of the node and free what it staged. Idempotent. */
    public record Cancel(long term, String operation, String deployment) {}

    /** {@code POST /v1/free}: free objects of a device; 409 while a process maps one of them. Objects already gone are fine. */
    public record Free(long term, String deployment, int device, List<ObjectId> objects) {}

    /** {@code POST /v1/release}: forget a rank's device binding and free all its objects; 409 while its process lives. Idempotent. */
    public record Release(long term, String deployment, int rank) {}
}
