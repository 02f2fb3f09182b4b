package dev.concertina.operator.fleet;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Calls to agents, workers and gateways; every command carries this leader's term. Blocking, safe for any number of threads. Each method throws
 * {@link ControlException} for an answered refusal and {@link IOException} when there was no answer and the outcome is unknown.
 */
public final class Peers implements AutoCloseable {
    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final Duration COMMAND = Duration.ofSeconds(10);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ControlClient client;
    private final long term;

    public Peers(Token token, long term) {
        this.client = new ControlClient(token, SHORT);
        this.term = term;
    }

    /** This leader's term. */
    public long term() {
        return term;
    }

    public Agents.State agentState(String agent) throws IOException {
        return client.get(agent, "/v1/state", Agents.State.class, SHORT);
    }

    /** Shape of a model folder; 404 or 400 with the reason when it is not one. */
    public Agents.Model model(String agent, String path) throws IOException {
        return client.get(agent, "/v1/model?path=" + encoded(path), Agents.Model.class, COMMAND);
    }

    public Agents.StageStatus stage(
            String agent,
            String operation,
            String deployment,
            String model,
            int device,
            long kvBytes,
            List<Agents.Step> steps)
            throws IOException {
        return client.post(
                agent,
                "/v1/stage",
                new Agents.Stage(term, operation, deployment, model, device, kvBytes, steps),
                Agents.StageStatus.class,
                COMMAND);
    }

    public Agents.StageStatus stageStatus(String agent, String operation, int device) throws IOException {
        return client.get(
                agent,
                "/v1/stage?operation=" + encoded(operation) + "&device=" + device,
                Agents.StageStatus.class,
                SHORT);
    }

    public void cancel(String agent, String operation, String deployment) throws IOException {
        client.post(agent, "/v1/cancel", new Agents.Cancel(term, operation, deployment), COMMAND);
    }

    public void free(String agent, String deployment, int device, List<ObjectId> objects) throws IOException {
        client.post(agent, "/v1/free", new Agents.Free(term, deployment, device, objects), COMMAND);
    }

    public void release(String agent, String deployment, int rank) throws IOException {
        client.post(agent, "/v1/release", new Agents.Release(term, deployment, rank), COMMAND);
    }

    public Workers.State workerState(String worker) throws IOException {
        return client.get(worker, "/v1/state", Workers.State.class, SHORT);
    }

    public void prepare(String worker, EpochMap map) throws IOException {
        client.post(worker, "/v1/epochs/prepare", new Workers.Prepare(term, map), LONG);
    }

    public Workers.SelfTest selfTest(String worker, long epoch) throws IOException {
        return client.post(
                worker, "/v1/epochs/self-test", new Workers.Epoch(term, epoch), Workers.SelfTest.class, LONG);
    }

    public void commit(String worker, long epoch) throws IOException {
        client.post(worker, "/v1/epochs/commit", new Workers.Epoch(term, epoch), COMMAND);
    }

    public void retire(String worker, long epoch) throws IOException {
        client.post(worker, "/v1/epochs/retire", new Workers.Epoch(term, epoch), COMMAND);
    }

    public void withdraw(String worker, long epoch) throws IOException {
        client.post(worker, "/v1/epochs/withdraw", new Workers.Epoch(term, epoch), COMMAND);
    }

    public void drain(String worker, List<Rank> targets) throws IOException {
        client.post(worker, "/v1/drain", new Workers.Drain(term, targets), COMMAND);
    }

    public void routes(String gateway, Gateways.Routes routes) throws IOException {
        client.call("PUT", gateway, "/control/v1/routes", routes, Object.class, SHORT);
    }

    /** Tells a gateway that these are all deployments with routes. */
    public void all(String gateway, List<String> deployments) throws IOException {
        client.call(
                "PUT", gateway, "/control/v1/deployments", new Gateways.All(term, deployments), Object.class, SHORT);
    }

    public void gone(String gateway, String deployment) throws IOException {
        client.call("DELETE", gateway, "/control/v1/routes", new Gateways.Gone(term, deployment), Object.class, SHORT);
    }

    public Gateways.State gatewayState(String gateway) throws IOException {
        return client.get(gateway, "/control/v1/state", Gateways.State.class, SHORT);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        client.close();
    }
}
