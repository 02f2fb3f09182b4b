package dev.concertina.scheduler;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Clock;
import java.time.Instant;

/** The scheduler decides and knows nobody. */
@AnalyzeClasses(packages = "dev.concertina", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule knowsNoPlatform = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fabric8..", "io.quarkus..", "io.vertx..", "org.apache.kafka..", "jakarta..");

    @ArchTest
    static final ArchRule knowsNoModuleOfOurs = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.concertina.crds..",
                    "dev.concertina.wire..",
                    "dev.concertina.memory..",
                    "dev.concertina.worker..",
                    "dev.concertina.gateway..",
                    "dev.concertina.operator..");

    @ArchTest
    static final ArchRule hasNoClock = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Clock.class);

    @ArchTest
    static final ArchRule packagesHaveNoCycles = SlicesRuleDefinition.slices()
            .matching("dev.concertina.scheduler.(*)..")
            .should()
            .beFreeOfCycles();
}
