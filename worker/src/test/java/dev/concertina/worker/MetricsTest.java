package dev.concertina.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.observe.Metric;
import dev.concertina.worker.engine.Pace;
import dev.concertina.worker.testing.RankCluster;
import dev.concertina.worker.testing.TokenClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {
    @Test
    void aRankShowsAllThatIsListedAndCountsItsTokens() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.NONE)) {
            cluster.moveTo(cluster.map(1, List.of(0), false));
            new TokenClient(cluster.token)
                    .run(
                            cluster.address(0),
                            new dev.concertina.wire.Workers.Sequence(
                                    "counted", new int[] {82, 79, 77}, new int[0], 5, new int[0]),
                            new TokenClient.Stream());
            String metrics = scrape(cluster);
            Arrays.stream(Metric.values())
                    .filter(metric -> metric.process().equals("worker"))
                    .forEach(metric -> assertThat(metrics).contains("# TYPE " + metric.metricName() + " "));
            String labels = "{deployment=\"" + RankCluster.DEPLOYMENT + "\",rank=\"0\"} ";
            assertThat(metrics)
                    .contains("concertina_worker_tokens_generated_total" + labels + "5.0")
                    .contains("concertina_worker_epoch" + labels + "1.0");
        }
    }

    private static String scrape(RankCluster cluster) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + cluster.address(0) + "/metrics"))
                    .header("Authorization", cluster.token.authorization())
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
