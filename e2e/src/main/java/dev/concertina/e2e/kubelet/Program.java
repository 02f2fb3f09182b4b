package dev.concertina.e2e.kubelet;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What an image's name stands for on this machine: a Java program.
 *
 * @param jvm flags of the JVM
 * @param launch what follows the flags: {@code -cp PATH MAIN} or {@code -jar FILE}
 */
public record Program(List<String> jvm, List<String> launch) {
    public Program {
        jvm = List.copyOf(jvm);
        launch = List.copyOf(launch);
    }

    /** The program of a module's jar and its {@code lib} folder. */
    public static Program ofModule(Path moduleTarget, String artifact, String main, List<String> jvm) {
        String jar = moduleTarget.resolve(artifact + "-0.1.0-SNAPSHOT.jar").toString();
        return new Program(jvm, List.of("-cp", jar + File.pathSeparator + moduleTarget.resolve("lib") + "/*", main));
    }

    /** The command line without arguments. */
    public List<String> commandLine() {
        return command(List.of());
    }

    /** The command line, with the container's arguments at its end. */
    List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(launch);
        command.addAll(arguments);
        return command;
    }
}
