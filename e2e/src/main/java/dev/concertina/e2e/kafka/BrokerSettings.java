package dev.concertina.e2e.kafka;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Settings of the one broker.
 *
 * @param dir data folder; formatted on the first start, used again on the next
 * @param listenHost address to listen on
 * @param listenPort port for clients; the controller takes the next one
 * @param advertiseHost host that clients are told
 * @param advertisePort port that clients are told
 */
public record BrokerSettings(Path dir, String listenHost, int listenPort, String advertiseHost, int advertisePort) {
    static final int NODE_ID = 1;

    /** On two free ports of 127.0.0.1, which another process may take until the broker does. */
    public static BrokerSettings onLoopback(Path dir) throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                    ServerSocket second = new ServerSocket(first.getLocalPort() + 1, 1, first.getInetAddress())) {
                int port = Math.min(first.getLocalPort(), second.getLocalPort());
                return new BrokerSettings(dir, "127.0.0.1", port, "127.0.0.1", port);
            } catch (BindException e) {
                // the neighbouring port is taken
            }
        }
        throw new IOException("no two neighbouring ports are free on 127.0.0.1");
    }

    /** What clients connect to. */
    public String address() {
        return advertiseHost + ":" + advertisePort;
    }

    /** The controller talks to this process only, so it stays on a loopback address. */
    String controllerHost() {
        return listenHost.startsWith("127.") ? listenHost : "127.0.0.1";
    }

    /** Kafka's own settings: one copy of everything, small buffers, topics made on first use. */
    public Map<String, String> properties() {
        Map<String, String> p = new HashMap<>();
        String controller = controllerHost() + ":" + (listenPort + 1);
        p.put("process.roles", "broker,controller");
        p.put("node.id", Integer.toString(NODE_ID));
        p.put("controller.quorum.voters", NODE_ID + "@" + controller);
        p.put("listeners", "PLAINTEXT://" + listenHost + ":" + listenPort + ",CONTROLLER://" + controller);
        p.put("advertised.listeners", "PLAINTEXT://" + advertiseHost + ":" + advertisePort);
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("controller.listener.names", "CONTROLLER");
        p.put("inter.broker.listener.name", "PLAINTEXT");
        p.put("log.dirs", dir.toString());
        p.put("num.partitions", "1");
        p.put("default.replication.factor", "1");
        p.put("offsets.topic.num.partitions", "1");
        p.put("offsets.topic.replication.factor", "1");
        p.put("transaction.state.log.replication.factor", "1");
        p.put("transaction.state.log.num.partitions", "1");
        p.put("transaction.state.log.min.isr", "1");
        p.put("share.coordinator.state.topic.replication.factor", "1");
        p.put("share.coordinator.state.topic.num.partitions", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");
        p.put("group.initial.rebalance.delay.ms", "0");
        p.put("num.network.threads", "1");
        p.put("num.io.threads", "2");
        p.put("background.threads", "2");
        p.put("log.cleaner.dedupe.buffer.size", "4194304");
        p.put("log.segment.bytes", "67108864");
        p.put("log.retention.hours", "24");
        p.put("auto.create.topics.enable", "true");
        return p;
    }
}
