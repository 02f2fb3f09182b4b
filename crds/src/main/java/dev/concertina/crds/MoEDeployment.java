package dev.concertina.crds;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A Mixture-of-Experts model kept serving while its width changes. */
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("MoEDeployment")
@Plural("moedeployments")
@Singular("moedeployment")
@ShortNames("moed")
public class MoEDeployment extends CustomResource<MoEDeploymentSpec, MoEDeploymentStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
