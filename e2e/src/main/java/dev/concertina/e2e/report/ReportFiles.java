package dev.concertina.e2e.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.concertina.crds.MoEDeploymentStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes a report's folder: {@code summary.json}, {@code operations.json}, {@code decisions.json} and {@code index.html}. */
public final class ReportFiles {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ReportFiles() {}

    /**
     * Writes.
     *
     * @param operations all, also those that began before the load
     * @throws IOException in one sentence when the folder cannot be written
     */
    public static void write(
            Path dir,
            Summary summary,
            List<Sample> samples,
            List<OperationReport> operations,
            List<MoEDeploymentStatus.Decision> decisions,
            List<Double> decisionTimesS)
            throws IOException {
        try {
            Files.createDirectories(dir);
            MAPPER.writeValue(dir.resolve("summary.json").toFile(), summary);
            MAPPER.writeValue(dir.resolve("operations.json").toFile(), operations);
            MAPPER.writeValue(dir.resolve("decisions.json").toFile(), decisions);
            Files.writeString(
                    dir.resolve("index.html"),
                    new HtmlReport(summary, samples, operations, decisions, decisionTimesS).page());
        } catch (IOException e) {
            throw new IOException(
                    "the report cannot be written to " + dir + " (" + e.getMessage()
                            + "); give another folder with --report",
                    e);
        }
    }
}
