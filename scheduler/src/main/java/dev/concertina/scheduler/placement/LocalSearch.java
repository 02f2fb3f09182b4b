package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.optaplanner.core.api.solver.SolverFactory;
import org.optaplanner.core.config.heuristic.selector.move.MoveSelectorConfig;
import org.optaplanner.core.config.heuristic.selector.move.composite.UnionMoveSelectorConfig;
import org.optaplanner.core.config.heuristic.selector.move.generic.ChangeMoveSelectorConfig;
import org.optaplanner.core.config.heuristic.selector.move.generic.SwapMoveSelectorConfig;
import org.optaplanner.core.config.localsearch.LocalSearchPhaseConfig;
import org.optaplanner.core.config.localsearch.decider.acceptor.LocalSearchAcceptorConfig;
import org.optaplanner.core.config.localsearch.decider.forager.LocalSearchForagerConfig;
import org.optaplanner.core.config.score.director.ScoreDirectorFactoryConfig;
import org.optaplanner.core.config.solver.EnvironmentMode;
import org.optaplanner.core.config.solver.SolverConfig;
import org.optaplanner.core.config.solver.monitoring.MonitoringConfig;
import org.optaplanner.core.config.solver.termination.TerminationConfig;

/**
 * OptaPlanner's late acceptance over one layer, from a start. It ends after a number of evaluations, which is the same in every run,
 * or at its time limit, which is not.
 */
final class LocalSearch {
    private static final int LATE_ACCEPTANCE = 200;
    private static final long LEAST_EVALUATIONS = 2_000;
    private static final long MOST_EVALUATIONS = 2_000_000;
    private static final double SMALLEST_GAIN = 1e-6;

    private LocalSearch() {}

    /** The better of the start and what was found. */
    static LayerTable improve(LayerProblem problem, LayerTable start, Duration limit, long seed) {
        boolean trivial = problem.ranks() == 1 || problem.experts() == 1;
        if (trivial || start.weighted() < problem.leastWeighted() + SMALLEST_GAIN || limit.toMillis() < 1) {
            return start;
        }
        SolverConfig config = new SolverConfig()
                .withSolutionClass(LayerSolution.class)
                .withEntityClasses(ExpertCopy.class)
                .withEnvironmentMode(EnvironmentMode.REPRODUCIBLE)
                .withRandomSeed(seed)
                .withMonitoringConfig(new MonitoringConfig().withSolverMetricList(List.of()))
                .withScoreDirectorFactory(
                        new ScoreDirectorFactoryConfig().withIncrementalScoreCalculatorClass(LayerScore.class))
                .withPhases(phase(problem, limit));
        SolverFactory<LayerSolution> factory = SolverFactory.create(config);
        LayerTable found =
                factory.buildSolver().solve(LayerSolution.of(problem, start)).table();
        return found.violations() == 0 && found.weighted() < start.weighted() ? found : start;
    }

    private static LocalSearchPhaseConfig phase(LayerProblem problem, Duration limit) {
        int copies = 0;
        for (int of : problem.copies()) {
            copies += of;
        }
        List<MoveSelectorConfig> moves = new ArrayList<>();
        moves.add(new SwapMoveSelectorConfig());
        if (copies < problem.ranks() * problem.slots()) {
            moves.add(new ChangeMoveSelectorConfig());
        }
        long evaluations = Math.clamp(20L * copies * copies, LEAST_EVALUATIONS, MOST_EVALUATIONS);
        return new LocalSearchPhaseConfig()
                .withMoveSelectorConfig(new UnionMoveSelectorConfig(moves))
                .withAcceptorConfig(new LocalSearchAcceptorConfig().withLateAcceptanceSize(LATE_ACCEPTANCE))
                .withForagerConfig(new LocalSearchForagerConfig().withAcceptedCountLimit(1))
                .withTerminationConfig(new TerminationConfig()
                        .withScoreCalculationCountLimit(evaluations)
                        .withMillisecondsSpentLimit(limit.toMillis()));
    }
}
