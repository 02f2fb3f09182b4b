package dev.concertina.operator.rest;

import static com.tngtech.archunit.lang.conditions.ArchConditions.beAnnotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.concertina.operator.rest.access.Needs;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;

@AnalyzeClasses(packages = "dev.concertina.operator.rest", importOptions = ImportOption.DoNotIncludeTests.class)
class EveryMethodNamesItsRightTest {
    @ArchTest
    static final ArchRule every_method_names_its_right = methods()
            .that()
            .areAnnotatedWith(GET.class)
            .or()
            .areAnnotatedWith(PUT.class)
            .or()
            .areAnnotatedWith(POST.class)
            .should(beAnnotatedWith(Needs.class));
}
