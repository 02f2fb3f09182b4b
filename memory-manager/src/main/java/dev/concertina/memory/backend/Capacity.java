package dev.concertina.memory.backend;

import java.util.Arrays;

/** Counts committed and promised bytes per device against what the device has. Thread-safe. */
public final class Capacity {
    private final long[] capacity;
    private final long[] used;
    private final long[] promised;
    private final long[] peak;

    /** {@code devices} accelerators of {@code bytes} each. */
    public Capacity(int devices, long bytes) {
        if (devices < 1 || bytes < 1) {
            throw new IllegalArgumentException(devices + " devices of " + bytes + " bytes: both must be positive");
        }
        capacity = new long[devices];
        Arrays.fill(capacity, bytes);
        used = new long[devices];
        promised = new long[devices];
        peak = new long[devices];
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
