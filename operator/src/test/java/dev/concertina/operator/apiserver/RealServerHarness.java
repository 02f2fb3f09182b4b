package dev.concertina.operator.apiserver;

import dev.concertina.operator.app.OperatorHarness;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;

/** The whole operator on the real API server, as the chart's service account with the chart's roles. */
abstract class RealServerHarness extends OperatorHarness {
    private RealApiServer server;
    private KubernetesClient operatorClient;

    @Override
    protected KubernetesClient open() throws IOException {
        server = RealApiServer.get();
        OperatorAccount.create(server);
        operatorClient = server.as(OperatorAccount.NAMESPACE, OperatorAccount.NAME);
        return server.admin();
    }

    @Override
    protected KubernetesClient operatorClient() {
        return operatorClient;
    }

    @Override
    protected void shut() {
        if (operatorClient != null) {
            operatorClient.close();
        }
        if (server != null) {
            server.admin().pods().inNamespace(OperatorAccount.NAMESPACE).delete();
        }
    }
}
