package dev.concertina.operator.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.operator.doubles.ReviewingDispatcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fuzzer driven by the OpenAPI document: no answer is a 5xx, and each is one that the document knows. Installed here when a package index answers. */
class SchemathesisIT {
    private static final String VERSION = "schemathesis==4.32.5";
    private static final long LIMIT_SECONDS = 240;

    @TempDir
    Path folder;

    @Test
    void theFuzzerFindsNothing() throws Exception {
        Path fuzzer = install();
        try (RestFixture fixture = new RestFixture(folder, "Advisory", "100000")) {
            // once with names of things that exist, once with whatever the document allows
            Path config = Files.writeString(
                    folder.resolve("schemathesis.toml"),
                    "[parameters]\n\"path.namespace\" = \"default\"\n\"path.name\" = \"shakespeare\"\n");
            fuzz(fuzzer, fixture, List.of("--config-file", config.toString()));
            fuzz(fuzzer, fixture, List.of());
        }
    }

    private void fuzz(Path fuzzer, RestFixture fixture, List<String> options) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(fuzzer.toString()));
        command.addAll(options);
        command.addAll(List.of(
                "run",
                fixture.operator.url() + "/api/v1/openapi?format=json",
                "--url",
                fixture.operator.url(),
                "--header",
                "Authorization: Bearer " + ReviewingDispatcher.ADMIN,
                "--exclude-path-regex",
                "/events$",
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth",
                "--phases",
                "examples,coverage,fuzzing",
                "--max-examples",
                "15",
                "--seed",
                "1",
                "--request-timeout",
                "60",
                "--no-color"));
        Path output = folder.resolve("schemathesis.txt");
        int code = run(command, output);
        String said = Files.readString(output);
        System.out.println(said.substring(Math.max(0, said.length() - 1500)));
        assertThat(code).as(said).isZero();
    }

    private Path install() throws Exception {
        Path environment = folder.resolve("venv");
        Path output = folder.resolve("install.txt");
        boolean made = run(List.of("python3", "-m", "venv", environment.toString()), output) == 0;
        boolean installed = made
                && run(
                                List.of(
                                        environment.resolve("bin/pip").toString(),
                                        "install",
                                        "--quiet",
                                        "--disable-pip-version-check",
                                        VERSION),
                                output)
                        == 0;
        if (!installed) {
            System.out.println("not fuzzed: schemathesis cannot be installed here: " + Files.readString(output));
        }
        Assumptions.assumeTrue(installed, "schemathesis cannot be installed here");
        return environment.resolve("bin/schemathesis");
    }

    private int run(List<String> command, Path output) throws InterruptedException, IOException {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue();
        } catch (IOException e) {
            Files.writeString(output, String.valueOf(e.getMessage()));
            return -1;
        }
    }
}
