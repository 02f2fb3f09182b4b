package dev.concertina.e2e.kubelet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Loopback addresses of one local cluster: {@code 127.C.N.M}, where C is the cluster's own number. A socket held on {@code 127.C.0.1} keeps
 * two clusters on one machine from choosing the same number. Linux answers on all of 127.0.0.0/8.
 */
public final class LoopbackAddresses implements AutoCloseable {
    private static final int GUARD_PORT = 7099;
    private final int cluster;
    private final ServerSocket guard;
    private final Map<Integer, Integer> last = new HashMap<>();

    private LoopbackAddresses(int cluster, ServerSocket guard) {
        this.cluster = cluster;
        this.guard = guard;
    }

    /**
     * Takes a free number.
     *
     * @throws IOException in one sentence when there is none, as on systems that answer on 127.0.0.1 only
     */
    public static LoopbackAddresses acquire(RandomGenerator random) throws IOException {
        IOException reason = new IOException("none was tried");
        for (int attempt = 0; attempt < 20; attempt++) {
            int cluster = random.nextInt(64, 255);
            try {
                ServerSocket guard = new ServerSocket();
                guard.bind(new InetSocketAddress("127." + cluster + ".0.1", GUARD_PORT), 1);
                return new LoopbackAddresses(cluster, guard);
            } catch (IOException e) {
                reason = e;
            }
        }
        throw new IOException(
                "no address of 127.0.0.0/8 beside 127.0.0.1 can be used (" + reason.getMessage()
                        + "); run the local cluster on Linux",
                reason);
    }

    /** An address of the cluster itself, outside any node. */
    public String ofCluster(int host) {
        return "127." + cluster + ".0." + host;
    }

    /** The next address on a node; used again only after 250 others. */
    public synchronized String next(int node) {
        int host = last.merge(node, 2, (before, first) -> before >= 251 ? first : before + 1);
        return "127." + cluster + "." + node + "." + host;
    }

    @Override
    public void close() {
        try {
            guard.close();
        } catch (IOException e) {
            // nothing depends on it any more
        }
    }
}
