package dev.concertina.worker.model;

import dev.concertina.memory.model.DType;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.model.TensorView;
import java.util.List;

/**
 * Where an expert's matrices lie in its segment, the same for all experts.
 *
 * @param hidden width of its input and output
 * @param width inner width
 * @param gate byte offset of (width, hidden)
 * @param up byte offset of (width, hidden)
 * @param down byte offset of (hidden, width)
 */
public record ExpertLayout(int hidden, int width, long gate, long up, long down) {
    /**
     * Checks the packed matrices against the shape.
     *
     * @throws IllegalArgumentException when a matrix has another type or shape
     */
    public static ExpertLayout of(ModelShape shape, ModelDescription model) {
        check("gate_proj", model.gate(), shape.expertWidth(), shape.hidden());
        check("up_proj", model.up(), shape.expertWidth(), shape.hidden());
        check("down_proj", model.down(), shape.hidden(), shape.expertWidth());
        return new ExpertLayout(
                shape.hidden(),
                shape.expertWidth(),
                model.gate().offset(),
                model.up().offset(),
                model.down().offset());
    }

    private static void check(String name, TensorView tensor, int rows, int columns) {
        if (tensor.dtype() != DType.BF16 || !tensor.shape().equals(List.of(rows, columns))) {
            throw new IllegalArgumentException("an expert's " + name + " is " + tensor.dtype() + " " + tensor.shape()
                    + ", expected BF16 [" + rows + ", " + columns + "]");
        }
    }
}
