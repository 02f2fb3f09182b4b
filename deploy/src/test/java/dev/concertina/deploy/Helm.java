package dev.concertina.deploy;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs the helm that is on the PATH. */
record Helm(Program program) {
    static final Path CHART = Path.of("charts/concertina");
    private static final String KUBERNETES = "1.34.0";

    /** Skips the calling test where there is none. */
    static Helm required() {
        return new Helm(Program.required("helm", "the chart's templates are"));
    }

    Program.Outcome run(String... args) throws IOException, InterruptedException {
        return program.run(args);
    }

    /** Objects that the chart makes with these {@code --set} values, in the namespace {@code apps} as release {@code band}. */
    List<Map<String, Object>> template(String... values) throws IOException, InterruptedException {
        List<String> args = new ArrayList<>(
                List.of("template", "band", CHART.toString(), "-n", "apps", "--kube-version", KUBERNETES));
        for (String value : values) {
            args.addAll(List.of("--set", value));
        }
        return objects(program.must(args.toArray(String[]::new)));
    }

    /** What the chart makes with files of values, as {@code kubectl} would apply it: without tests, in the namespace {@code concertina}. */
    String render(List<Path> values) throws IOException, InterruptedException {
        List<String> args = new ArrayList<>(List.of(
                "template",
                "concertina",
                CHART.toString(),
                "-n",
                "concertina",
                "--kube-version",
                KUBERNETES,
                "--skip-tests"));
        values.forEach(file -> args.addAll(List.of("-f", file.toString())));
        // whoever applies it, it is not Helm
        return program.must(args.toArray(String[]::new))
                .replaceAll("(?m)^ *(app\\.kubernetes\\.io/managed-by: Helm|helm\\.sh/chart: .*)\\n", "");
    }

    /** Documents of YAML that hold something. */
    static List<String> documents(String yaml) {
        return List.of(yaml.split("(?m)^---$")).stream()
                .filter(document -> document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#")))
                .map(document -> document.strip() + "\n")
                .toList();
    }

    static List<Map<String, Object>> objects(String yaml) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (String document : documents(yaml)) {
            objects.add(Serialization.unmarshal(document, Map.class));
        }
        return objects;
    }
}
