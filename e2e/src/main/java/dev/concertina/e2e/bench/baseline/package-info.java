/**
 * What others do about placement, from their papers' formulas: MoETuner's two stages and ExFlow's objective. Their integer programs are solved by
 * swap descent here. EPLB is in the scheduler, whose construction begins like it.
 */
@NullMarked
package dev.concertina.e2e.bench.baseline;

import org.jspecify.annotations.NullMarked;
