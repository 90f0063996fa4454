using Vitrine.Attributions;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class ScoreboardTests
{
    private static readonly IMetric[] s_metrics = [new Comprehensiveness(), new Sufficiency()];

    [Fact]
    public void Interval_ThreeValues_AsComputedByHand()
    {
        Interval interval = Interval.Of([1, 2, 6, double.NaN]);

        Assert.Equal(3, interval.Mean, 1e-12);
        Assert.Equal(4.303 * Math.Sqrt(7.0 / 3), interval.HalfWidth, 1e-9); // s² = (4 + 1 + 9) / 2
        Assert.Equal(3, interval.Count);
        Assert.True(double.IsNaN(Interval.Of([1]).HalfWidth));
        Assert.True(double.IsNaN(Interval.Of([]).Mean));
    }

    [Fact]
    public void Interval_ManyValues_UsesTheTailOfStudentsT()
    {
        // 61 values of deviation 1: t of 60 degrees of freedom is 2.0003
        double[] values = [.. Enumerable.Range(0, 61).Select(i => i % 2 == 0 ? 1.0 : -1)];
        double deviation = Math.Sqrt(values.Sum(v => (v - values.Average()) * (v - values.Average())) / 60);

        Assert.Equal(2.0003, Interval.Of(values).HalfWidth * Math.Sqrt(61) / deviation, 2e-3);
    }

    [Fact]
    public void Ranking_TwoMetricsOfOppositeDirection_AveragesRanks()
    {
        var board = new Scoreboard(["worse", "better"], s_metrics);
        board.Add([[0.1, 0.5], [0.4, 0.2]]);
        board.Add([[0.3, 0.5], [0.4, 0.1]]);

        Assert.Equal([("better", 1), ("worse", 2)], board.Ranking());
        Assert.Equal("better", board.Best(s_metrics[1]));
        Assert.Equal(0.2, board.Lead("better", "worse", s_metrics[0]).Mean, 1e-12);
        Assert.Equal(0.35, board.Lead("better", "worse", s_metrics[1]).Mean, 1e-12);
        Assert.Equal(2, board.Texts);
    }

    [Fact]
    public void Ranking_WhereAMetricCannotJudgeAll_LeavesItOut()
    {
        var board = new Scoreboard(["a", "b"], s_metrics);
        board.Add([[1, double.NaN], [2, 0]]);

        Assert.Equal([("b", 1), ("a", 2)], board.Ranking());
    }
}
