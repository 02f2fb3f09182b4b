package dev.concertina.memory.backend;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts committed and promised bytes per device against what the device has. Thread-safe. */
public final class Capacity {
    private static final int MOST_OPERATIONS = 256;

    private final long[] capacity;
    private final long[] used;
    private final long[] promised;
    private final long[] peak;
    private final Map<Integer, String> operations = new HashMap<>(); // the newest on each device
    private final Map<OperationPeak.Key, Long> operationPeaks = new LinkedHashMap<>();

    /** {@code devices} accelerators of {@code bytes} each. */
    public Capacity(int devices, long bytes) {
        this(Collections.nCopies(Math.max(0, devices), bytes));
    }

    /** An accelerator for each number of bytes. */
    public Capacity(List<Long> bytes) {
        if (bytes.isEmpty() || bytes.stream().anyMatch(one -> one < 1)) {
            throw new IllegalArgumentException("devices of " + bytes + " bytes: there must be one, each of at least 1");
        }
        capacity = bytes.stream().mapToLong(one -> one).toArray();
        used = new long[capacity.length];
        promised = new long[capacity.length];
        peak = new long[capacity.length];
    }

    /**
     * One device's account.
     *
     * @param capacityBytes what it has
     * @param usedBytes committed now
     * @param promisedBytes promised to stagings, not committed yet
     * @param peakBytes highest {@code usedBytes} so far
     */
    public record Info(long capacityBytes, long usedBytes, long promisedBytes, long peakBytes) {}

    /**
     * What a device held at most during an operation.
     *
     * @param bytes highest committed bytes since the operation began there, until the next one did
     */
    public record OperationPeak(String operation, int device, long bytes) {
        private record Key(String operation, int device) {}
    }

    /** An operation begins on a device: its peak is followed until the next one begins there. Again: goes on. */
    public synchronized void begin(String operation, int device) {
        check(device);
        operations.put(device, operation);
        operationPeaks.merge(new OperationPeak.Key(operation, device), used[device], Math::max);
        while (operationPeaks.size() > MOST_OPERATIONS) {
            operationPeaks.remove(operationPeaks.keySet().iterator().next());
        }
    }

    /** Enters what was known before this process started. */
    public synchronized void restore(List<OperationPeak> peaks) {
        for (OperationPeak one : peaks) {
            if (one.device >= 0 && one.device < capacity.length) {
                operationPeaks.merge(new OperationPeak.Key(one.operation, one.device), one.bytes, Math::max);
                operations.put(one.device, one.operation);
            }
        }
    }

    /** The last operations, oldest first. */
    public synchronized List<OperationPeak> operationPeaks() {
        return operationPeaks.entrySet().stream()
                .map(one ->
                        new OperationPeak(one.getKey().operation(), one.getKey().device(), one.getValue()))
                .toList();
    }

    public int devices() {
        return capacity.length;
    }

    public synchronized Info info(int device) {
        check(device);
        return new Info(capacity[device], used[device], promised[device], peak[device]);
    }

    /** Sets bytes aside for a staging. */
    public synchronized void promise(int device, long bytes) throws OutOfDeviceMemoryException {
        room(device, bytes);
        promised[device] += bytes;
    }

    /** Gives back what was promised and not used. */
    public synchronized void forget(int device, long bytes) {
        check(device);
        promised[device] -= bytes;
    }

    /** Turns promised bytes into used ones. */
    public synchronized void fulfil(int device, long bytes) {
        check(device);
        promised[device] -= bytes;
        use(device, bytes);
    }

    /** Uses bytes at once. */
    public synchronized void charge(int device, long bytes) throws OutOfDeviceMemoryException {
        room(device, bytes);
        use(device, bytes);
    }

    /** Counts bytes that are committed already, whatever the capacity says. */
    public synchronized void adopt(int device, long bytes) {
        check(device);
        use(device, bytes);
    }

    public synchronized void release(int device, long bytes) {
        check(device);
        used[device] -= bytes;
    }

    private void use(int device, long bytes) {
        used[device] += bytes;
        peak[device] = Math.max(peak[device], used[device]);
        String operation = operations.get(device);
        if (operation != null) {
            operationPeaks.merge(new OperationPeak.Key(operation, device), used[device], Math::max);
        }
    }

    private void room(int device, long bytes) throws OutOfDeviceMemoryException {
        check(device);
        long free = capacity[device] - used[device] - promised[device];
        if (bytes > free) {
            throw new OutOfDeviceMemoryException("device " + device + " has " + Math.max(0, free) + " of "
                    + capacity[device] + " bytes free, " + bytes + " are needed; " + (bytes - Math.max(0, free))
                    + " are missing");
        }
    }

    private void check(int device) {
        if (device < 0 || device >= capacity.length) {
            throw new IllegalArgumentException("no device " + device + ": there are " + capacity.length);
        }
    }
}
