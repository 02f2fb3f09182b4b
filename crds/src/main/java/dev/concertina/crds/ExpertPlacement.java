package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Which ranks hold which expert in one epoch. */
@JsonClassDescription(
        "Which ranks hold which expert. The operator makes one for each epoch; users may make one and pin it with spec.placement.pinned.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("ExpertPlacement")
@Plural("expertplacements")
@Singular("expertplacement")
@ShortNames("exp")
@AdditionalPrinterColumn(name = "Deployment", jsonPath = ".spec.deployment", type = Type.STRING)
@AdditionalPrinterColumn(name = "Epoch", jsonPath = ".spec.epoch", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Ranks", jsonPath = ".spec.ranks", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Imbalance", jsonPath = ".status.imbalance", type = Type.NUMBER)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class ExpertPlacement extends CustomResource<ExpertPlacementSpec, ExpertPlacementStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
