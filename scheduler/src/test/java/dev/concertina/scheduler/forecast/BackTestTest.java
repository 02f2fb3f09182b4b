package dev.concertina.scheduler.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Errors on every real trace against naive-last and seasonal-naive. A trace of an hour has no day to look back to: its season is ten minutes,
 * which nobody would expect to help, and the forecaster is not told of it.
 */
class BackTestTest {
    private record Row(String trace, String bin, String horizon, BackTest test) {}

    @Test
    void isNotWorseThanNaiveForecastsOverall() {
        Optional<Path> data = Traces.folder();
        Assumptions.assumeTrue(data.isPresent(), "no traces");
        List<Row> rows = new ArrayList<>();
        for (String name : List.of("conv", "code")) {
            List<Traces.Request> requests = Traces.azure(data.get(), name);
            double[] seconds = Traces.rates(requests, 1);
            rows.add(new Row(name, "1 s", "12 s", BackTest.run(seconds, 1, 12, 10, 5, 600, false, 1)));
            rows.add(new Row(name, "1 s", "95 s", BackTest.run(seconds, 1, 95, 10, 5, 600, false, 1)));
            rows.add(
                    new Row(name, "10 s", "10 s", BackTest.run(Traces.rates(requests, 10), 10, 1, 1, 1, 60, false, 1)));
            rows.add(new Row(
                    name, "60 s", "180 s", BackTest.run(Traces.rates(requests, 60), 60, 3, 1, 1, 10, false, 1)));
        }
        for (String name : List.of("deepseek-r1", "m-large")) {
            double[] rates = Traces.servegen(data.get(), name);
            boolean days = rates.length > 300;
            int season = days ? 144 : 36;
            for (int lead : new int[] {1, 3, 6}) {
                rows.add(new Row(
                        name,
                        "600 s",
                        lead * 600 + " s",
                        BackTest.run(rates, 600, lead, 1, days ? 2 : 1, season, days, 1)));
            }
        }
        System.out.println(
                "| trace | sample | horizon | forecasts | ours | naive-last | seasonal-naive | above, below band |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        double ours = 0;
        double last = 0;
        double seasonal = 0;
        for (Row row : rows) {
            BackTest test = row.test;
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s | %d | %.1f %% | %.1f %% | %.1f %% | %.1f %%, %.1f %% |%n",
                    row.trace,
                    row.bin,
                    row.horizon,
                    test.forecasts(),
                    100 * test.error(),
                    100 * test.last(),
                    100 * test.seasonal(),
                    100 * test.above(),
                    100 * test.below());
            ours += Math.log(test.error());
            last += Math.log(test.last());
            seasonal += Math.log(test.seasonal());
        }
        System.out.printf(
                Locale.ROOT,
                "geometric mean of the errors: %.3f of naive-last, %.3f of seasonal-naive%n",
                Math.exp((ours - last) / rows.size()),
                Math.exp((ours - seasonal) / rows.size()));
        assertThat(ours).isLessThanOrEqualTo(last);
        assertThat(ours).isLessThanOrEqualTo(seasonal);
        assertThat(rows)
                .filteredOn(row -> row.test.forecasts() > 250)
                .allSatisfy(
                        row -> assertThat(row.test.above()).as(row.toString()).isLessThan(0.2));
    }
}
