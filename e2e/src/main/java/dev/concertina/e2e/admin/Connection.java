package dev.concertina.e2e.admin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the operator is and who asks: options, then environment, then the kubeconfig. */
final class Connection {
    @Option(
            names = {"-s", "--server"},
            paramLabel = "URL",
            defaultValue = "${env:CONCERTINA_ADMIN_URL:-}",
            description =
                    "The operator's admin API, for example http://127.0.0.1:8090. Default: $CONCERTINA_ADMIN_URL; without it the"
                            + " kubeconfig's cluster, through a forwarded port.")
    private String server = "";

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            defaultValue = "${env:CONCERTINA_ADMIN_TOKEN_FILE:-}",
            description =
                    "File with a Kubernetes bearer token. Default: $CONCERTINA_ADMIN_TOKEN_FILE, then $CONCERTINA_ADMIN_TOKEN, then the"
                            + " kubeconfig's.")
    private String tokenFile = "";

    @Option(
            names = "--service-account",
            paramLabel = "NAME",
            description = "With a kubeconfig: ask the API server for a token of this service account of the namespace.")
    private @Nullable String serviceAccount;

    @Option(
            names = "--certificate-authority",
            paramLabel = "FILE",
            description = "PEM file with the certificate that signs the operator's. Default: what the JDK trusts.")
    private @Nullable Path authority;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAME",
            description = "Namespace of the deployment. Default: the kubeconfig's when it is used, otherwise default.")
    private @Nullable String namespace;

    /** A client; the namespace is known after it. */
    AdminClient open() throws AdminException {
        if (!server.isBlank()) {
            return new AdminClient(server, token(), trust(), () -> {});
        }
        ClusterConnection cluster = ClusterConnection.open(namespace, serviceAccount, tokenOrNull());
        namespace = cluster.namespace();
        return new AdminClient(cluster.url(), cluster.token(), trust(), cluster);
    }

    /** Namespace of the deployment. */
    String namespace() {
        return namespace == null ? "default" : namespace;
    }

    /** The namespace if one was named. */
    @Nullable
    String namespaceOrNull() {
        return namespace;
    }

    private String token() throws AdminException {
        String token = tokenOrNull();
        if (token == null) {
            throw AdminException.unable(
                    "no token: give --token-file, or set CONCERTINA_ADMIN_TOKEN_FILE or CONCERTINA_ADMIN_TOKEN"
                            + " (kubectl create token SERVICEACCOUNT makes one)");
        }
        return token;
    }

    private @Nullable String tokenOrNull() throws AdminException {
        if (tokenFile.isBlank()) {
            String token = System.getenv("CONCERTINA_ADMIN_TOKEN");
            return token == null || token.isBlank() ? null : token.strip();
        }
        try {
            return Files.readString(Path.of(tokenFile)).strip();
        } catch (IOException e) {
            throw AdminException.unable("the token file " + tokenFile + " cannot be read: " + e.getMessage(), e);
        }
    }

    private @Nullable SSLContext trust() throws AdminException {
        if (authority == null) {
            return null;
        }
        try (InputStream in = Files.newInputStream(authority)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw AdminException.unable("no certificate can be read from " + authority + ": " + e.getMessage(), e);
        }
    }
}
