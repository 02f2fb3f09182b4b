package dev.concertina.worker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the worker may know: of our modules the memory manager's client, model layout and wire records only, and no cluster framework. */
@AnalyzeClasses(packages = "dev.concertina.worker", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {
    @ArchTest
    static final ArchRule NO_FRAMEWORKS = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fabric8..", "io.quarkus..", "io.vertx..", "io.javaoperatorsdk..");

    @ArchTest
    static final ArchRule ONLY_THE_MEMORY_MANAGERS_CLIENT = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.concertina.memory.agent..",
                    "dev.concertina.memory.keeper..",
                    "dev.concertina.memory.backend..",
                    "dev.concertina.crds..",
                    "dev.concertina.scheduler..",
                    "dev.concertina.gateway..",
                    "dev.concertina.operator..");

    @ArchTest
    static final ArchRule KERNELS_KNOW_NOTHING = noClasses()
            .that()
            .resideInAPackage("..kernels")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..worker.model",
                    "..worker.kv",
                    "..worker.engine",
                    "..worker.exchange",
                    "..worker.epoch",
                    "dev.concertina.wire..",
                    "dev.concertina.memory..")
            .because("arithmetic is arithmetic");

    @ArchTest
    static final ArchRule THE_MODEL_KNOWS_NO_RANKS = noClasses()
            .that()
            .resideInAnyPackage("..model", "..kv")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..exchange", "..epoch", "..engine", "..serving", "..server", "..migration");
}
