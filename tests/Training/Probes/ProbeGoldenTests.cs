using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Our probes against scikit-learn's numbers on two recorded problems (tests/Golden/make_probes_golden.py).</summary>
public class ProbeGoldenTests
{
    public static TheoryData<int> Problems => [0, 1];

    [Theory]
    [MemberData(nameof(Problems))]
    public void Logistic_RecordedProblem_HasScikitLearnsCoefficients(int index)
    {
        Problem p = Problem.Read(index);

        double[] weights = new LogisticProbe(p.Number("c"), tolerance: 1e-11).Weights(p.Training, p.Known, p.Classes,
            TestContext.Current.CancellationToken);

        ExpectCoefficients(p, "logistic", weights, difference: p.Classes == 2 ? 1 : null);
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Linear_RecordedProblem_HasScikitLearnsCoefficients(int index)
    {
        Problem p = Problem.Read(index);

        double[] weights = new LinearProbe(p.Number("alpha")).Weights(p.Training, p.Known, p.Classes,
            TestContext.Current.CancellationToken);

        ExpectCoefficients(p, "linear", weights, difference: p.Classes == 2 ? 0.5 : null); // ours are +w and −w there
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Probes_RecordedProblem_PredictWhatScikitLearnDoes(int index)
    {
        Problem p = Problem.Read(index);

        foreach (Probe probe in (Probe[])[new LogisticProbe(p.Number("c"), 1e-9), new LinearProbe(p.Number("alpha")), new CentroidProbe()])
        {
            int[] predicted = Probe.Predict(probe.Learn(p.Training, p.Known, p.Classes, TestContext.Current.CancellationToken), p.Test,
                p.Classes);
            Assert.Equal(p.Of(probe.Name, "predicted").EnumerateArray().Select(v => v.GetInt32()), predicted);
        }
    }

    [Fact]
    public void Judge_RecordedPredictions_HasScikitLearnsScores()
    {
        Problem p = Problem.Read(0);
        int[] predicted = [.. p.Of("logistic", "predicted").EnumerateArray().Select(v => v.GetInt32())];

        (Estimate accuracy, Estimate f1) = ProbeStatistics.Judge(p.Unknown, predicted, [.. Enumerable.Range(0, predicted.Length)],
            p.Classes, seed: 1);

        Assert.Equal(p.Of("logistic", "accuracy").GetDouble(), accuracy.Value, 12);
        Assert.Equal(p.Of("logistic", "macro_f1").GetDouble(), f1.Value, 12);
        Assert.InRange(f1.Value, f1.Low, f1.High);
    }

    // scikit-learn has one vector for two classes: ours of the second class less that of the first, times a factor.
    private static void ExpectCoefficients(Problem p, string probe, double[] weights, double? difference)
    {
        double[][] coefficients = [.. p.Of(probe, "coef").EnumerateArray().Select(Problem.Row)];
        double[] intercepts = Problem.Row(p.Of(probe, "intercept"));
        int width = p.Training.Columns + 1;
        for (int k = 0; k < coefficients.Length; k++)
        {
            double[] expected = [.. coefficients[k], intercepts[k]];
            for (int i = 0; i < width; i++)
            {
                double actual = difference is { } factor ? factor * (weights[width + i] - weights[i]) : weights[(k * width) + i];
                Assert.Equal(expected[i], actual, 1e-7);
            }
        }
    }

    private sealed record Problem(JsonElement Json, int Classes, Features Training, int[] Known, Features Test, int[] Unknown)
    {
        public static Problem Read(int index)
        {
            JsonElement json = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Find("probes", "problems.json"))).RootElement.GetProperty(
                "problems")[index];
            double[][] x = [.. json.GetProperty("x").EnumerateArray().Select(Row)];
            int[] y = [.. json.GetProperty("y").EnumerateArray().Select(v => v.GetInt32())];
            int rows = json.GetProperty("rows").GetInt32();
            return new(json, json.GetProperty("classes").GetInt32(), Table(x[..rows]), y[..rows], Table(x[rows..]), y[rows..]);
        }

        public double Number(string name) => Json.GetProperty(name).GetDouble();

        public JsonElement Of(string probe, string name) => Json.GetProperty(probe).GetProperty(name);

        public static double[] Row(JsonElement row) => [.. row.EnumerateArray().Select(v => v.GetDouble())];

        private static Features Table(double[][] rows) => new([.. rows.SelectMany(row => row)], rows.Length, rows[0].Length);
    }
}
