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

/** One change of width, persisted phase by phase; made by the operator. */
@JsonClassDescription(
        "One change of width (or a repair, or a move off a drained node), phase by phase. The operator makes it; users read it.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("ScaleOperation")
@Plural("scaleoperations")
@Singular("scaleoperation")
@ShortNames("scaleop")
@AdditionalPrinterColumn(name = "Deployment", jsonPath = ".spec.deployment", type = Type.STRING)
@AdditionalPrinterColumn(name = "From", jsonPath = ".spec.fromWidth", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "To", jsonPath = ".spec.toWidth", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Phase", jsonPath = ".status.phase", type = Type.STRING)
@AdditionalPrinterColumn(name = "Copied", jsonPath = ".status.done.copied", type = Type.INTEGER, priority = 1)
@AdditionalPrinterColumn(name = "Error", jsonPath = ".status.error", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class ScaleOperation extends CustomResource<ScaleOperationSpec, ScaleOperationStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
