package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperation;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Drives each unfinished operation on a virtual thread of its own, at most once at a time. Closing leaves operations where they are. */
public final class OperationRunner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(OperationRunner.class.getName());

    private final OperationDriver driver;
    private final Map<String, Thread> running = new ConcurrentHashMap<>();
    private final Set<String> woken = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param traced whether commands to agents and workers carry the operation's trace */
    public OperationRunner(Services services, boolean traced) {
        this.driver = new OperationDriver(services, traced);
    }

    /** Sees to it that the operation is being driven. */
    public void ensure(ScaleOperation operation) {
        String uid = operation.getMetadata().getUid();
        String namespace = operation.getMetadata().getNamespace();
        String name = operation.getMetadata().getName();
        if (closed || !Operations.active(operation)) {
            return;
        }
        running.computeIfAbsent(
                uid, key -> Thread.ofVirtual().name("operation-" + name).start(() -> drive(key, namespace, name)));
    }

    private void drive(String uid, String namespace, String name) {
        try {
            driver.drive(namespace, name);
        } catch (InterruptedException e) {
            LOG.log(System.Logger.Level.INFO, "operation left as it is name={0} reason={1}", name, e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "operation broken off name=" + name, e);
        } finally {
            running.remove(uid);
        }
    }

    /** Stops driving a deployment's operations; they stay as they are. */
    public void abandon(ScaleOperation operation) {
        Thread thread = running.get(operation.getMetadata().getUid());
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Breaks a wait off, once, so that the driver looks at the operation anew: somebody cancelled it. */
    void wake(ScaleOperation operation) {
        if (woken.add(operation.getMetadata().getUid())) {
            abandon(operation);
        }
    }

    /** Forgets one that has ended. */
    void ended(ScaleOperation operation) {
        woken.remove(operation.getMetadata().getUid());
    }

    @Override
    public void close() {
        closed = true;
        running.values().forEach(Thread::interrupt);
        for (Thread thread : running.values()) {
            try {
                thread.join(java.time.Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
