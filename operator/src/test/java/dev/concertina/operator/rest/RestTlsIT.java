package dev.concertina.operator.rest;

import static dev.concertina.operator.doubles.ReviewingDispatcher.ADMIN;
import static dev.concertina.operator.doubles.ReviewingDispatcher.VIEWER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.crds.MoEDeployment;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API and the console with a certificate, given as the chart gives it: two PEM files. */
class RestTlsIT {
    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    private KeyStore made() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "operator",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private Path pem(String name, String kind, byte[] bytes) throws IOException {
        String text =
                Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.UTF_8)).encodeToString(bytes);
        return Files.writeString(
                folder.resolve(name), "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }

    private static SSLContext trusting(Certificate certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("operator", certificate);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    @Test
    void callsAreEncryptedAndNoOthersAreTaken() throws Exception {
        KeyStore keys = made();
        Certificate certificate = keys.getCertificate("operator");
        Key key = keys.getKey("operator", PASSWORD.toCharArray());
        Map<String, String> settings = Map.of(
                "QUARKUS_HTTP_INSECURE_REQUESTS",
                "disabled",
                "QUARKUS_HTTP_SSL_CERTIFICATE_FILES",
                pem("tls.crt", "CERTIFICATE", certificate.getEncoded()).toString(),
                "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES",
                pem("tls.key", "PRIVATE KEY", key.getEncoded()).toString());
        try (RestFixture fixture = new RestFixture(folder, "Manual", settings, trusting(certificate))) {
            assertThat(fixture.operator.url()).startsWith("https://");
            assertThat(fixture.operator
                            .call("GET", RestFixture.ONE, VIEWER, null)
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> page = fixture.operator.call("GET", "/console/", "", null);
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body()).contains("console.js");
            assertThat(page.headers().firstValue("Content-Security-Policy")).isPresent();
            String scale = "{\"width\": 2}";
            plainly(fixture, "GET", "/console/", null);
            plainly(fixture, "GET", RestFixture.ONE, null);
            plainly(fixture, "PUT", RestFixture.ONE + "/scale", scale);
            plainly(fixture, "POST", RestFixture.ONE + "/pause", "{}");
            assertThat(fixture.client
                            .resources(MoEDeployment.class)
                            .inNamespace("default")
                            .withName("shakespeare")
                            .get()
                            .getSpec())
                    .satisfies(spec -> assertThat(spec.width()).isEqualTo(1))
                    .satisfies(spec -> assertThat(spec.paused()).isNotEqualTo(Boolean.TRUE));
            assertThat(fixture.operator
                            .call("PUT", RestFixture.ONE + "/scale", ADMIN, scale)
                            .statusCode())
                    .isEqualTo(200);
            fixture.awaitWidth(2);
        }
    }

    /** Without TLS nothing is answered, whoever asks: not on the port with TLS, and no other port is open for it. */
    private static void plainly(RestFixture fixture, String method, String path, String body) {
        String plain = fixture.operator.url().replace("https:", "http:");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(plain + path))
                    .header("Authorization", "Bearer " + ADMIN)
                    .header("Content-Type", "application/json")
                    .method(
                            method,
                            body == null
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body))
                    .build();
            assertThatThrownBy(() -> client.send(request, HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }
}
