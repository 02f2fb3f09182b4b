package dev.concertina.memory.backend.cuda;

import java.io.IOException;

/** A driver call that failed: what was attempted, and the driver's name and words for why. */
public final class CudaException extends IOException {
    private static final long serialVersionUID = 1L;

    static final int INVALID_VALUE = 1;
    static final int OUT_OF_MEMORY = 2;

    private final int result;
    private final String resultName;

    CudaException(String attempted, int result, String resultName, String explanation) {
        super(attempted + " failed: " + resultName + " (" + result + "): " + explanation);
        this.result = result;
        this.resultName = resultName;
    }

    /** The {@code CUresult}. */
    public int result() {
        return result;
    }

    /** Its name, like {@code CUDA_ERROR_INVALID_VALUE}. */
    public String resultName() {
        return resultName;
    }
}
