package dev.concertina.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The gateway knows the wire and nothing else of ours; its packages have no cycles, and routing knows neither HTTP answers nor Kafka. */
class ArrowsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.concertina.gateway");

    @Test
    void onlyTheWireOfOurs() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.concertina.crds..",
                        "dev.concertina.scheduler..",
                        "dev.concertina.memory..",
                        "dev.concertina.worker..",
                        "dev.concertina.operator..",
                        "io.fabric8..",
                        "io.quarkus..")
                .check(CLASSES);
    }

    @Test
    void noCycles() {
        slices().matching("dev.concertina.gateway.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void routingIsInside() {
        noClasses()
                .that()
                .resideInAPackage("..gateway.routing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "..gateway.openai..", "..gateway.events..", "..gateway.control..", "org.apache.kafka..")
                .check(CLASSES);
    }
}
