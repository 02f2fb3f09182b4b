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

/** A Mixture-of-Experts model kept serving while its width changes. */
@JsonClassDescription(
        "A Mixture-of-Experts model that goes on serving while its width, the number of data-parallel ranks, changes.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("MoEDeployment")
@Plural("moedeployments")
@Singular("moedeployment")
@ShortNames("moed")
@AdditionalPrinterColumn(name = "Mode", jsonPath = ".spec.scaling.mode", type = Type.STRING)
@AdditionalPrinterColumn(name = "Width", jsonPath = ".spec.width", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Effective", jsonPath = ".status.effectiveWidth", type = Type.INTEGER)
@AdditionalPrinterColumn(
        name = "Available",
        jsonPath = ".status.conditions[?(@.type=='Available')].status",
        type = Type.STRING)
@AdditionalPrinterColumn(name = "Operation", jsonPath = ".status.activeOperation", type = Type.STRING)
@AdditionalPrinterColumn(name = "Epoch", jsonPath = ".status.placementEpoch", type = Type.INTEGER, priority = 1)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type=='Available')].message",
        type = Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class MoEDeployment extends CustomResource<MoEDeploymentSpec, MoEDeploymentStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
