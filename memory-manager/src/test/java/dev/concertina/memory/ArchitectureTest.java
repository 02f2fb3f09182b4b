package dev.concertina.memory;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.concertina", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule KNOWS_NO_FRAMEWORK = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.fabric8..",
                    "io.quarkus..",
                    "io.vertx..",
                    "io.javaoperatorsdk..",
                    "jakarta..",
                    "org.apache.kafka..",
                    "dev.concertina.crds..",
                    "dev.concertina.scheduler..");

    @ArchTest
    static final ArchRule ONLY_BINDINGS_CALL_NATIVE_CODE = noClasses()
            .that()
            .resideOutsideOfPackages("dev.concertina.memory.libc..", "dev.concertina.memory.backend.cuda..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.foreign.Linker");

    @ArchTest
    static final ArchRule KEEPER_KNOWS_NOTHING_OF_AGENTS = noClasses()
            .that()
            .resideInAPackage("dev.concertina.memory.keeper..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.concertina.memory.agent..", "dev.concertina.memory.client..", "dev.concertina.memory.model..");

    @ArchTest
    static final ArchRule CLIENT_KNOWS_NOTHING_OF_AGENT_OR_KEEPER = noClasses()
            .that()
            .resideInAPackage("dev.concertina.memory.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.concertina.memory.agent..", "dev.concertina.memory.keeper..");
}
