package dev.concertina.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.concertina.operator", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule features_have_no_cycles =
            slices().matching("dev.concertina.operator.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule of_ours_only_scheduler_crds_and_the_wire = noClasses()
            .that()
            .resideInAPackage("dev.concertina.operator..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.concertina.memory..",
                    "dev.concertina.worker..",
                    "dev.concertina.gateway..",
                    "dev.concertina.e2e..");

    @ArchTest
    static final ArchRule quarkus_stays_at_the_edge = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.concertina.operator.app..",
                    "dev.concertina.operator.rest..",
                    "dev.concertina.operator.settings..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.quarkus..", "io.smallrye..", "jakarta..");
}
