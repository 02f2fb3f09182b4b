package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.scheduler.load.LoadSnapshot;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** A load as JSON goes without the table of pairs, which has layers x experts x experts cells and which nobody reads. */
@Singleton
public final class JsonOfLoads implements ObjectMapperCustomizer {
    @JsonIgnoreProperties("coActivation")
    private interface WithoutPairs {}

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.addMixIn(LoadSnapshot.class, WithoutPairs.class);
    }
}
