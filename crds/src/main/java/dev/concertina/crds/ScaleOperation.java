package dev.concertina.crds;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** One change of width, persisted phase by phase; made by the operator. */
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("ScaleOperation")
@Plural("scaleoperations")
@Singular("scaleoperation")
@ShortNames("scaleop")
public class ScaleOperation extends CustomResource<ScaleOperationSpec, ScaleOperationStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
