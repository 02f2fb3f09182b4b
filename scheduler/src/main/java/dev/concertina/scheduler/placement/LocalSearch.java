package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.List;
import org.optaplanner.core.api.score.buildin.hardmediumsoftlong.HardMediumSoftLongScore;
import org.optaplanner.core.api.solver.SolverFactory;
import org.optaplanner.core.config.heuristic.selector.move.factory.MoveIteratorFactoryConfig;
import org.optaplanner.core.config.localsearch.LocalSearchPhaseConfig;
import org.optaplanner.core.config.localsearch.decider.acceptor.LocalSearchAcceptorConfig;
import org.optaplanner.core.config.localsearch.decider.forager.LocalSearchForagerConfig;
import org.optaplanner.core.config.score.director.ScoreDirectorFactoryConfig;
import org.optaplanner.core.config.solver.EnvironmentMode;
import org.optaplanner.core.config.solver.SolverConfig;
import org.optaplanner.core.config.solver.monitoring.MonitoringConfig;
import org.optaplanner.core.config.solver.termination.TerminationConfig;

/**
 * OptaPlanner's simulated annealing over one layer, from a start. It ends after a number of evaluations, which is the same in every run,
 * or at its time limit, which is not.
 */
final class LocalSearch {
    /**
     * A start that descent has brought to its end has no better neighbour, so worse ones must pass at first: at an average rank by this part of
     * a copy's load, and roughness as it comes. Where time is left, a second search begins much warmer: among few experts one copy more or less
     * changes much.
     */
    private static final double[] WARMTH = {0.03, 0.5};

    private static final double ROUGHNESS_WARMTH = 0.1;

    private static final long LEAST_EVALUATIONS = 150_000;
    private static final long MOST_EVALUATIONS = 2_000_000;

    /** A search costs some milliseconds before its first move. */
    private static final Duration SHORTEST = Duration.ofMillis(4);

    private LocalSearch() {}

    /** The better of the start and what was found. */
    static LayerTable improve(LayerTable start, Duration limit, long seed) {
        LayerProblem problem = start.problem();
        boolean trivial = problem.ranks() == 1 || problem.experts() == 1;
        if (trivial || limit.compareTo(SHORTEST) < 0) {
            return start;
        }
        long until = System.nanoTime() + limit.toNanos();
        LayerTable best = start;
        for (double warmth : WARMTH) {
            Duration left = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
            if (left.compareTo(SHORTEST) >= 0) {
                best = anneal(best, left, seed, warmth);
            }
        }
        return best;
    }

    private static LayerTable anneal(LayerTable start, Duration limit, long seed, double warmth) {
        SolverConfig config = new SolverConfig()
                .withSolutionClass(LayerSolution.class)
                .withEntityClasses(ExpertSlot.class)
                .withEnvironmentMode(EnvironmentMode.REPRODUCIBLE)
                .withRandomSeed(seed)
                .withMonitoringConfig(new MonitoringConfig().withSolverMetricList(List.of()))
                .withScoreDirectorFactory(
                        new ScoreDirectorFactoryConfig().withIncrementalScoreCalculatorClass(LayerScore.class))
                .withPhases(phase(start.problem(), limit, warmth));
        SolverFactory<LayerSolution> factory = SolverFactory.create(config);
        LayerTable found = factory.buildSolver().solve(LayerSolution.of(start)).table();
        return found.violations() == 0 && found.weighted() < start.weighted() ? found : start;
    }

    private static String temperature(LayerProblem problem, double warmth) {
        double medium = warmth * problem.ranks() / problem.totalSlots();
        return HardMediumSoftLongScore.of(
                        0, Math.round(medium * LayerScore.SCALE), Math.round(ROUGHNESS_WARMTH * LayerScore.SCALE))
                .toString();
    }

    private static LocalSearchPhaseConfig phase(LayerProblem problem, Duration limit, double warmth) {
        long slots = problem.totalSlots();
        long evaluations = Math.clamp(40 * slots * slots, LEAST_EVALUATIONS, MOST_EVALUATIONS);
        return new LocalSearchPhaseConfig()
                .withMoveSelectorConfig(new MoveIteratorFactoryConfig().withMoveIteratorFactoryClass(SlotMoves.class))
                .withAcceptorConfig(new LocalSearchAcceptorConfig()
                        .withSimulatedAnnealingStartingTemperature(temperature(problem, warmth)))
                .withForagerConfig(new LocalSearchForagerConfig().withAcceptedCountLimit(1))
                .withTerminationConfig(new TerminationConfig()
                        .withScoreCalculationCountLimit(evaluations)
                        .withMillisecondsSpentLimit(limit.toMillis()));
    }
}
